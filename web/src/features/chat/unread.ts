// What is unread, counted the way the server counts: by the numbers of messages, which have no gaps, without those that
// were deleted. So it does not matter in which order messages arrive, how often, or whether some are still on their way.
import { replaceEqualDeep } from '@tanstack/react-query';
import type { Conversation, Message, Paged } from '@/api';

interface Mark {
  seq: number;
  number: number;
}

/** A message that was deleted, at the change `at`. */
interface Gone {
  seq: number;
  at: number;
}

/** At `seq` the server had counted `unread`; `number` was the newest message then, where that is known. */
interface Count {
  seq: number;
  unread: number;
  number: number | null;
  /** The newest message that is known of, however it came to be known. */
  newest?: Mark | null;
  /** Messages that were heard of, the newest ones, in their order. */
  heard: readonly Mark[];
  /** Deleted messages that were heard of, the last ones, in the order in which they were deleted. */
  gone?: readonly Gone[];
}

/** A conversation as the server tells it, until it has been taken in; then with what has been heard since. */
type Counted = Conversation & { count?: Count };

type Heard = Pick<Message, 'seq' | 'number' | 'kind' | 'deleted_at' | 'changed_seq'>;

/** As the server tells it. `number` was the newest message when it had counted; older servers do not say. */
interface ServerRead {
  seq: number;
  unread: number | null;
  asOf: number | null;
  number?: number | null;
}

/** So many messages may come between a read mark and the word that it moved, before the conversation is read again. */
const MAX_HEARD = 64;

export function isCounted(conversation: Conversation): boolean {
  return (conversation as Counted).count !== undefined;
}

function countOf(conversation: Counted): Count {
  const { last_message: last, last_seq: seq, unread_count: unread } = conversation;
  return conversation.count ?? hearing({ seq, unread, number: last && last.seq <= seq ? last.number : null, heard: [] }, last ? [last] : []);
}

function hearing(count: Count, messages: readonly Heard[]): Count {
  const bySeq = new Map(count.heard.map((mark) => [mark.seq, mark]));
  const deletions = new Map(count.gone?.map((gone) => [gone.seq, gone]));
  for (const { kind, seq, number, deleted_at: deletedAt, changed_seq: at } of messages) {
    if (kind !== 'text') continue;
    bySeq.set(seq, { seq, number });
    if (deletedAt) deletions.set(seq, { seq, at: Math.max(at, deletions.get(seq)?.at ?? 0) });
  }
  const heard = [...bySeq.values()].toSorted((a, b) => a.seq - b.seq);
  const gone = [...deletions.values()].toSorted((a, b) => a.at - b.at).slice(-MAX_HEARD);
  const next = { ...count, gone, newest: newestOf({ ...count, heard }) };
  if (heard.length <= MAX_HEARD) return { ...next, heard };
  // What tells it is about to be forgotten.
  return { ...next, number: count.number ?? numberAt(heard, count.seq), heard: heard.slice(-MAX_HEARD) };
}

/** How many messages there were at `seq`, as far as can be told. */
function numberAt(heard: readonly Mark[], seq: number): number | null {
  const next = heard.find((mark) => mark.seq >= seq);
  if (!next) return null;
  return next.seq === seq ? next.number : next.number - 1;
}

/** The newest message, or a moment at which it was there already. */
function newestOf({ seq, number, newest, heard }: Count): Mark | null {
  const known = [...heard.slice(-1), ...(newest ? [newest] : []), ...(number === null ? [] : [{ seq, number }])];
  return known.length === 0 ? null : known.reduce((a, b) => (b.number > a.number || (b.number === a.number && b.seq > a.seq) ? b : a));
}

function unreadOf(count: Count, readSeq: number): number {
  const { seq, unread, number, heard, gone = [] } = count;
  const newest = newestOf(count);
  const came = newest && newest.seq > seq ? newest.number - (number ?? numberAt(heard, seq) ?? newest.number) : 0;
  // What was deleted before the server counted is not in its count.
  const went = gone.filter((one) => one.at > seq && one.seq > readSeq).length;
  return Math.max(0, unread + came - went);
}

function withCount(conversation: Conversation, count: Count): Conversation {
  return { ...conversation, count, unread_count: unreadOf(count, conversation.read_seq) } as Counted;
}

/** With messages that arrived, whichever way, new or deleted. Who writes has read what was before. */
export function withHeard(conversation: Conversation, messages: readonly Message[], meId: string): Conversation {
  const next = withCount(conversation, hearing(countOf(conversation), messages));
  const own = messages.filter((message) => message.kind === 'text' && message.sender_id === meId).toSorted((a, b) => a.seq - b.seq).at(-1);
  return own ? withRead(next, own) : next;
}

/**
 * Read up to a message that is known here. Up to it nothing is unread, and what came after it is, but for what was deleted:
 * `shown` are messages on the screen, which may tell of that. The server's word for the same mark follows.
 */
export function withRead(conversation: Conversation, { seq, number }: Mark, shown: readonly Heard[] = []): Conversation {
  if (seq < conversation.read_seq) return conversation;
  const before = countOf(conversation);
  const deleted = shown.filter((message) => message.deleted_at && message.seq > seq);
  return withCount({ ...conversation, read_seq: seq }, { ...hearing(before, deleted), seq, number, unread: 0, newest: newestOf(before) });
}

/**
 * The server says how far this person has read, on whichever device. `asOf` is the seq at which it counted. False when it
 * cannot be told for certain what is unread now: then the conversation has to be read again.
 */
export function withServerRead(conversation: Conversation, read: ServerRead): { conversation: Conversation; isCertain: boolean } {
  if (read.seq < conversation.read_seq) return { conversation, isCertain: true };
  const before = countOf(conversation);
  const { heard, gone = [], seq: countedAt } = before;
  const newest = newestOf(before);
  const mark = heard.find(({ seq }) => seq === read.seq);
  const next = { ...conversation, read_seq: read.seq };
  if (read.unread !== null && read.asOf !== null) {
    const isForgotten = (heard.length === MAX_HEARD && read.asOf < (heard[0]?.seq ?? 0)) || (gone.length === MAX_HEARD && read.asOf < (gone[0]?.at ?? 0));
    // Where messages end, or are deleted, some of those after the mark may have gone.
    const byMark = mark && conversation.retention_seconds === null ? mark.number + read.unread : null;
    const number = read.number ?? heard.find(({ seq }) => seq === read.asOf)?.number ?? (read.asOf === countedAt ? before.number : null) ?? byMark;
    return { conversation: withCount(next, { seq: read.asOf, unread: read.unread, number, newest, heard, gone }), isCertain: !isForgotten };
  }
  if (mark) return { conversation: withRead(conversation, mark), isCertain: true };
  const last = heard.at(-1);
  const at = last && last.seq > countedAt ? last : before;
  return { conversation: withCount(next, { seq: at.seq, number: at.number, unread: read.unread ?? unreadOf(before, read.seq), newest, heard, gone }), isCertain: false };
}

/** A newer word of the server about all of it, with what was heard since it was written. */
export function withWord(old: Conversation | undefined, word: Conversation): Conversation {
  if (isCounted(word)) return word;
  if (!old || old.joined_seq !== word.joined_seq) return withCount(word, countOf(word));
  if (old.membership_seq > word.membership_seq) return old;
  const before = countOf(old);
  const count = countOf(word);
  // What was written before one read here, or before it was counted last, is no news.
  const isStale = word.read_seq < old.read_seq || (word.read_seq === old.read_seq && word.last_seq < before.seq);
  const told = word.last_message ? [word.last_message] : [];
  const next = withCount(isStale ? { ...word, read_seq: old.read_seq } : word, hearing({ ...(isStale ? before : count), newest: newestOf(before), heard: before.heard, gone: before.gone ?? [] }, told));
  const { last_message: last } = old;
  return last && last.seq > word.last_seq && last.seq > (word.last_message?.seq ?? 0) ? { ...next, last_message: last, last_seq: old.last_seq, updated_at: old.updated_at } : next;
}

/** A list that was read, with what was heard while it was being read. */
export function withWords(old: unknown, next: unknown): unknown {
  const [before, read] = [old, next] as (Paged<Conversation> | undefined)[];
  if (!read) return next;
  const known = new Map(before?.pages.flatMap((page) => page.items.map((conversation) => [conversation.id, conversation])));
  return replaceEqualDeep(before, { ...read, pages: read.pages.map((page) => ({ ...page, items: page.items.map((word) => withWord(known.get(word.id), word)) })) });
}
