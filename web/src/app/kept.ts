// Everything that is kept on this device to be read without a network. What is not in these lists is not kept.
import type { QueryClient, QueryKey } from '@tanstack/react-query';
import type { Channel, Paged, Post } from '@/api';
import { chatRules } from '@/features/chat';
import { removePost } from '@/features/posts';
import { confirmAtContact, firstPage, keep, keyIs, keys, whole, type KeptRule, type Sources } from '@/entities';

const part = (key: QueryKey, index: number) => encodeURIComponent(String(key[index]));

/** The items of all lists of one kind: those on the screen first, then those that are kept. */
function itemsOf<T>({ client, kept }: Sources, prefix: QueryKey, rules: readonly string[]): T[] {
  const open = client.getQueriesData<Paged<T>>({ queryKey: prefix }).map(([, data]) => data);
  const stored = kept.filter(({ rule }) => rules.includes(rule)).map(({ data }) => data as Paged<T>);
  return [...open, ...stored].flatMap((data) => data?.pages ?? []).flatMap((page) => page.items);
}

const posts = firstPage(30);

const rules: readonly KeptRule[] = [
  { name: 'feed', matches: (key) => keyIs(key, keys.feed), limit: 1, ...posts, path: () => '/feed' },
  { name: 'channel-posts', matches: (key) => keyIs(key, ['posts', 'channel'], 3), limit: 10, ...posts, path: (key) => `/channels/${part(key, 2)}/posts` },
  { name: 'author-posts', matches: (key) => keyIs(key, ['posts', 'author'], 3), limit: 10, ...posts, path: (key) => `/posts?author_id=${part(key, 2)}` },
  {
    name: 'post',
    matches: (key) => keyIs(key, ['post'], 2),
    limit: 25,
    ...whole,
    path: (key) => `/posts/${part(key, 1)}`,
    fallback: (key, sources) => itemsOf<Post>(sources, keys.posts, ['feed', 'channel-posts', 'author-posts']).find(({ id }) => id === key[1]),
  },
  { name: 'comments', matches: (key) => keyIs(key, ['comments'], 2), limit: 25, ...firstPage(50), path: (key) => `/posts/${part(key, 1)}/comments` },
  { name: 'channels', matches: (key) => key[1] === 'list' && isWholeList(key), limit: 2, ...firstPage(100), path: (key) => (isMine(key) ? '/channels?mine=true&limit=100' : '/channels') },
  {
    name: 'channel',
    matches: (key) => keyIs(key, ['channels', 'one'], 3),
    limit: 15,
    ...whole,
    path: (key) => `/channels/${part(key, 2)}`,
    fallback: (key, sources) => itemsOf<Channel>(sources, [...keys.channels, 'list'], ['channels']).find(({ slug }) => slug === key[2]),
  },
  { name: 'person', matches: (key) => keyIs(key, ['people', 'one'], 3), limit: 40, ...whole, path: (key) => `/users/${part(key, 2)}` },
  { name: 'blocked', matches: (key) => keyIs(key, keys.blockedIds), limit: 1, ...whole },
  { name: 'alerts', matches: (key) => keyIs(key, keys.alerts), limit: 1, ...firstPage(50), path: () => '/notifications' },
  { name: 'alert-state', matches: (key) => keyIs(key, keys.alertState), limit: 1, ...whole },
  ...chatRules,
];

type ListFilter = { query?: string; mine?: boolean } | undefined;

/** Not what was searched for. */
function isWholeList(key: QueryKey): boolean {
  return keyIs(key, ['channels', 'list'], 3) && (key[2] as ListFilter)?.query === '';
}

function isMine(key: QueryKey): boolean {
  return (key[2] as ListFilter)?.mine === true;
}

/** What belongs to something that is not open to this person any more goes from the screen with it. */
function dropWithIt(client: QueryClient, key: QueryKey): QueryKey[] {
  if (keyIs(key, ['post'], 2)) {
    removePost(client, String(key[1]));
    return [keys.comments(String(key[1]))];
  }
  if (keyIs(key, ['channels', 'one'], 3)) return [keys.channelPosts(String(key[2]))];
  if (keyIs(key, ['conversations', 'one'], 3)) return [keys.messages(String(key[2])), keys.conversationMembers(String(key[2]))];
  return [];
}

/** While someone is logged in. Ends with the function it returns. */
export function keepForOffline(client: QueryClient, userId: string): () => void {
  const onForbidden = (key: QueryKey) => {
    for (const other of dropWithIt(client, key)) {
      void keeper.forget(other);
      client.removeQueries({ queryKey: other, type: 'inactive' });
    }
  };
  const keeper = keep({ client, userId, rules, onForbidden });
  const endConfirming = confirmAtContact(client, keeper, onForbidden);
  return () => {
    endConfirming();
    keeper.end();
  };
}
