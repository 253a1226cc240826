import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { api, call, pages, session, type Relationship, type User } from '@/api';
import { keys } from '@/entities';

export const peopleQuery = (query: string) =>
  infiniteQueryOptions({
    queryKey: keys.peopleSearch(query),
    queryFn: ({ pageParam: cursor, signal }) => call(api.GET('/users', { params: { query: { cursor, ...(query ? { query } : {}) } }, signal })),
    ...pages,
  });

/** By id or by @handle. */
export const userQuery = (idOrHandle: string) =>
  queryOptions({ queryKey: keys.user(idOrHandle), queryFn: ({ signal }) => call(api.GET('/users/{id}', { params: { path: { id: idOrHandle } }, signal })) });

export const followListQuery = (kind: 'followers' | 'following', id: string) =>
  infiniteQueryOptions({
    queryKey: kind === 'followers' ? keys.followers(id) : keys.following(id),
    queryFn: ({ pageParam: cursor, signal }) => {
      const options = { params: { path: { id }, query: { cursor } }, signal };
      return call(kind === 'followers' ? api.GET('/users/{id}/followers', options) : api.GET('/users/{id}/following', options));
    },
    ...pages,
  });

export const blocksQuery = infiniteQueryOptions({
  queryKey: [...keys.blocks, 'list'],
  queryFn: ({ pageParam: cursor, signal }) => call(api.GET('/users/blocks', { params: { query: { cursor } }, signal })),
  ...pages,
});

/** A profile is cached under its id and under its handle; both change together. */
function patchUser(client: QueryClient, id: string, change: (user: User) => User): void {
  client.setQueriesData<User>({ queryKey: [...keys.people, 'one'] }, (user) => (user?.id === id ? change(user) : user));
}

function withRelationship(relationship: Relationship): (user: User) => User {
  return (user) => ({
    ...user,
    relationship,
    followers_count: Math.max(0, user.followers_count + Number(relationship.following) - Number(user.relationship.following)),
  });
}

export function useFollow(user: User) {
  const client = useQueryClient();
  const { id } = user;
  return useMutation({
    mutationFn: (follow: boolean) =>
      call(follow ? api.POST('/users/follow', { body: { user_id: id } }) : api.DELETE('/users/{id}/follow', { params: { path: { id } } })),
    onMutate: (following) => {
      patchUser(client, id, withRelationship({ ...user.relationship, following }));
      return user;
    },
    onError: (_error, _follow, before) => before && patchUser(client, id, () => before),
    onSuccess: (relationship) => {
      patchUser(client, id, (now) => ({ ...now, relationship }));
      void client.invalidateQueries({ queryKey: keys.feed });
      void client.invalidateQueries({ queryKey: keys.followers(id) });
      const me = session.current?.me;
      if (me) {
        void client.invalidateQueries({ queryKey: keys.following(me.id) });
        void client.invalidateQueries({ queryKey: keys.user(`@${me.handle}`) });
      }
    },
  });
}

export function useBlock(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (block: boolean) => {
      const path = { params: { path: { id } } };
      return call(block ? api.PUT('/users/{id}/block', path) : api.DELETE('/users/{id}/block', path));
    },
    onSuccess: (relationship) => {
      patchUser(client, id, withRelationship(relationship));
      // What the two can see of each other changes everywhere.
      void client.invalidateQueries({ queryKey: keys.people });
      void client.invalidateQueries({ queryKey: keys.posts });
      void client.invalidateQueries({ queryKey: ['conversations'] });
      void client.invalidateQueries({ queryKey: keys.alerts });
      void client.invalidateQueries({ queryKey: keys.alertState });
    },
  });
}

export function useStartConversation() {
  return useMutation({ mutationFn: (userId: string) => call(api.POST('/conversations', { body: { user_id: userId } })) });
}

export interface ProfileChange {
  display_name?: string;
  bio?: string;
  avatar_media_id?: string | null;
}

export function useEditProfile() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: ProfileChange) => call(api.PATCH('/users/me', { body })),
    onSuccess: (user) => {
      patchUser(client, user.id, () => user);
      session.updateMe({ display_name: user.display_name, avatar: user.avatar });
      void client.invalidateQueries({ queryKey: keys.posts });
    },
  });
}
