// What of the chat is kept on this device: the last list, the newest page of the recent conversations, and what their screens
// need besides. The live connection puts it right in place, so it is shown at once while the server is asked for what is new.
import { session, type Conversation, type Member, type Message, type Page, type Paged } from '@/api';
import { firstPage, keyIs, whole, type KeptRule } from '@/entities';
import { clearDrafts } from './composer/drafts';
import { asOld } from './logPages';
import { pageOf, toConversation, toMember, toMessage } from './shape';

const MAX_CONVERSATIONS = 30;
const MAX_LIST = 50;
const MAX_MESSAGES = 120;

const one = <T>(page: Page<T>): Paged<T> => ({ pages: [page], pageParams: [undefined] });

const list: KeptRule = {
  name: 'conversations',
  matches: (key) => keyIs(key, ['conversations', 'list']),
  limit: 1,
  ...firstPage(MAX_LIST),
  unpack: (kept) => ({ ...one(pageOf({ ...(kept as Page<Conversation>), next: null }, toConversation)) }),
  path: () => '/conversations',
  isEarly: true,
};

const log: KeptRule = {
  name: 'messages',
  matches: (key) => keyIs(key, ['messages'], 2),
  limit: MAX_CONVERSATIONS,
  pack(data) {
    const first = ((data as Paged<Message>).pages?.[0] ?? data) as Page<Message>;
    // Where the page is cut its own cursor would leave something out. It only says that there is more: what is brought
    // back is old, and read again before anything older.
    const next = first.items.length > MAX_MESSAGES ? (first.next ?? 'more') : (first.next ?? null);
    return { items: first.items.slice(0, MAX_MESSAGES), next };
  },
  unpack: (kept) => asOld(one(pageOf(kept as Page<Message>, toMessage))),
  path: (key) => `/conversations/${String(key[1])}/messages?limit=40`,
  isEarly: true,
};

const conversation: KeptRule = {
  name: 'conversation',
  matches: (key) => keyIs(key, ['conversations', 'one'], 3),
  limit: MAX_CONVERSATIONS,
  ...whole,
  unpack: (kept) => toConversation(kept as Conversation),
  path: (key) => `/conversations/${String(key[2])}`,
  fallback: (key, { kept }) =>
    kept
      .filter(({ rule }) => rule === list.name)
      .flatMap(({ data }) => (data as Paged<Conversation>).pages.flatMap((page) => page.items))
      .find(({ id }) => id === key[2]),
  isEarly: true,
};

const members: KeptRule = {
  name: 'members',
  matches: (key) => keyIs(key, ['conversations', 'members'], 3),
  limit: 12,
  ...firstPage(100),
  unpack: (kept) => one(pageOf({ ...(kept as Page<Member>), next: null }, toMember)),
  path: (key) => `/conversations/${String(key[2])}/members?limit=100`,
  isEarly: true,
};

const unread: KeptRule = { name: 'unread', matches: (key) => keyIs(key, ['conversations', 'unread']), limit: 1, ...whole, isEarly: true };

export const chatRules: readonly KeptRule[] = [list, log, conversation, members, unread];

// Whoever logs out, in whichever tab, and however the session ends: nothing stays behind.
session.subscribe((credentials) => {
  if (!credentials) clearDrafts();
});
