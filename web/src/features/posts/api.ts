import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { api, call, pages, type Comment, type Paged, type Post } from '@/api';
import { keys } from '@/entities';
import { commentSent } from './commentDraft';

export const feedQuery = infiniteQueryOptions({
  queryKey: keys.feed,
  // Coming back to the tab must not move what someone is reading; new posts are offered by a button.
  refetchOnWindowFocus: false,
  queryFn: ({ pageParam: cursor, signal }) => call(api.GET('/feed', { params: { query: { cursor } }, signal })),
  ...pages,
});

export const channelPostsQuery = (slug: string) =>
  infiniteQueryOptions({
    queryKey: keys.channelPosts(slug),
    queryFn: ({ pageParam: cursor, signal }) => call(api.GET('/channels/{id}/posts', { params: { path: { id: slug }, query: { cursor } }, signal })),
    ...pages,
  });

export const authorPostsQuery = (authorId: string) =>
  infiniteQueryOptions({
    queryKey: keys.authorPosts(authorId),
    queryFn: ({ pageParam: cursor, signal }) => call(api.GET('/posts', { params: { query: { author_id: authorId, cursor } }, signal })),
    ...pages,
  });

export const postQuery = (id: string) =>
  queryOptions({ queryKey: keys.post(id), queryFn: ({ signal }) => call(api.GET('/posts/{id}', { params: { path: { id } }, signal })) });

export const commentsQuery = (postId: string) =>
  infiniteQueryOptions({
    queryKey: keys.comments(postId),
    queryFn: ({ pageParam: cursor, signal }) => call(api.GET('/posts/{id}/comments', { params: { path: { id: postId }, query: { cursor } }, signal })),
    ...pages,
  });

export const likesQuery = (postId: string) =>
  infiniteQueryOptions({
    queryKey: keys.likes(postId),
    queryFn: ({ pageParam: cursor, signal }) => call(api.GET('/posts/{id}/likes', { params: { path: { id: postId }, query: { cursor } }, signal })),
    ...pages,
  });

/** Changes one post wherever it is shown: in every list and on its own page. */
export function patchPost(client: QueryClient, id: string, change: (post: Post) => Post): void {
  client.setQueriesData<Paged<Post>>({ queryKey: keys.posts }, (data) =>
    data && {
      ...data,
      pages: data.pages.map((page) => (page.items.some((post) => post.id === id) ? { ...page, items: page.items.map((post) => (post.id === id ? change(post) : post)) } : page)),
    },
  );
  client.setQueryData<Post>(keys.post(id), (post) => post && change(post));
}

export function removePost(client: QueryClient, id: string): void {
  client.setQueriesData<Paged<Post>>({ queryKey: keys.posts }, (data) =>
    data && { ...data, pages: data.pages.map((page) => ({ ...page, items: page.items.filter((post) => post.id !== id) })) },
  );
}

/** Puts a new post on top of the lists it belongs to, without loading them again. */
export function insertPost(client: QueryClient, post: Post): void {
  const lists = [keys.feed, keys.authorPosts(post.author.id), ...(post.channel ? [keys.channelPosts(post.channel.slug)] : [])];
  for (const queryKey of lists) {
    client.setQueryData<Paged<Post>>(queryKey, (data) => {
      const [first, ...rest] = data?.pages ?? [];
      return data && first ? { ...data, pages: [{ ...first, items: [post, ...first.items] }, ...rest] } : data;
    });
  }
}

/** Shows the like at once; takes it back when the server says no. */
export function useLike(post: Post) {
  const client = useQueryClient();
  return useMutation({
    mutationKey: ['like', post.id],
    mutationFn: (liked: boolean) => {
      const path = { params: { path: { id: post.id } } };
      return call(liked ? api.PUT('/posts/{id}/like', path) : api.DELETE('/posts/{id}/like', path));
    },
    onMutate: (liked) => {
      const before = { liked: post.liked, like_count: post.like_count };
      patchPost(client, post.id, (old) => ({ ...old, liked, like_count: Math.max(0, old.like_count + Number(liked) - Number(old.liked)) }));
      return before;
    },
    onError: (_error, _liked, before) => before && patchPost(client, post.id, (old) => ({ ...old, ...before })),
    onSuccess: (state) => {
      patchPost(client, post.id, (old) => ({ ...old, ...state }));
      void client.invalidateQueries({ queryKey: keys.likes(post.id) });
    },
  });
}

export function useDeletePost() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => call(api.DELETE('/posts/{id}', { params: { path: { id } } })),
    onSuccess: (_nothing, id) => {
      removePost(client, id);
    },
  });
}

export function useAddComment(postId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ body, key }: { body: string; key: string }) =>
      call(api.POST('/posts/{id}/comments', { params: { path: { id: postId } }, body: { body }, headers: { 'Idempotency-Key': key } })),
    onSuccess: (comment, { key }) => {
      void commentSent(postId, key);
      client.setQueryData<Paged<Comment>>(keys.comments(postId), (data) => {
        const last = data?.pages.at(-1);
        if (!data || !last || last.items.some((item) => item.id === comment.id)) return data;
        return { ...data, pages: [...data.pages.slice(0, -1), { ...last, items: [...last.items, comment] }] };
      });
      patchPost(client, postId, (post) => ({ ...post, comment_count: post.comment_count + 1 }));
    },
  });
}

export function useDeleteComment(postId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => call(api.DELETE('/posts/{id}/comments/{comment_id}', { params: { path: { id: postId, comment_id: id } } })),
    onSuccess: (_nothing, id) => {
      client.setQueryData<Paged<Comment>>(keys.comments(postId), (data) =>
        data && { ...data, pages: data.pages.map((page) => ({ ...page, items: page.items.filter((comment) => comment.id !== id) })) },
      );
      patchPost(client, postId, (post) => ({ ...post, comment_count: Math.max(0, post.comment_count - 1) }));
    },
  });
}
