// What is unread, counted the way the server counts: by the numbers of messages, which have no gaps. So it does not matter
// in which order messages arrive, how often, or whether some are still on their way.
import { replaceEqualDeep } from '@tanstack/react-query';
import type { Conversation, Message, Paged } from '@/api';

interface Mark {
  seq: number;
  number: number;
}

/** At `seq` the server had counted `unread`; `number` was the newest message then, where that is known. */
interface Count {
  seq: number;
  unread: number;
  number: number | null;
  /** Messages that were heard of, the newest ones, in their order. */
  heard: readonly Mark[];
}

/** A conversation as the server tells it, until it has been taken in; then with what has been heard since. */
type Counted = Conversation & { count?: Count };

/** So many messages may come between a read mark and the word that it moved, before the conversation is read again. */
const MAX_HEARD = 64;

export function isCounted(conversation: Conversation): boolean {
  return (conversation as Counted).count !== undefined;
}

function countOf(conversation: Counted): Count {
  const { last_message: last, last_seq: seq, unread_count: unread } = conversation;
  return conversation.count ?? hearing({ seq, unread, number: last && last.seq <= seq ? last.number : null, heard: [] }, last ? [last] : []);
}

function hearing(count: Count, messages: readonly (Mark & Pick<Message, 'kind'>)[]): Count {
  const bySeq = new Map(count.heard.map((mark) => [mark.seq, mark]));
  for (const { kind, seq, number } of messages) if (kind === 'text') bySeq.set(seq, { seq, number });
  const heard = [...bySeq.values()].toSorted((a, b) => a.seq - b.seq);
  if (heard.length <= MAX_HEARD) return { ...count, heard };
  // What tells it is about to be forgotten.
  return { ...count, number: count.number ?? numberAt(heard, count.seq), heard: heard.slice(-MAX_HEARD) };
}

/** How many messages there were at `seq`, as far as can be told. */
function numberAt(heard: readonly Mark[], seq: number): number | null {
  const next = heard.find((mark) => mark.seq >= seq);
  if (!next) return null;
  return next.seq === seq ? next.number : next.number - 1;
}

function unreadOf({ seq, unread, number, heard }: Count): number {
  const newest = heard.at(-1);
  if (!newest || newest.seq <= seq) return unread;
  return Math.max(0, unread + newest.number - (number ?? numberAt(heard, seq) ?? newest.number));
}

function withCount(conversation: Conversation, count: Count): Conversation {
  return { ...conversation, count, unread_count: unreadOf(count) } as Counted;
}

/** With messages that arrived, whichever way. Who writes has read what was before. */
export function withHeard(conversation: Conversation, messages: readonly Message[], meId: string): Conversation {
  const next = withCount(conversation, hearing(countOf(conversation), messages));
  const own = messages.filter((message) => message.kind === 'text' && message.sender_id === meId).toSorted((a, b) => a.seq - b.seq).at(-1);
  return own ? withRead(next, own) : next;
}

/** Read up to a message that is known here. */
export function withRead(conversation: Conversation, { seq, number }: Mark): Conversation {
  if (seq < conversation.read_seq) return conversation;
  const { heard, ...count } = countOf(conversation);
  const known = count.number === null ? [] : [{ seq: count.seq, number: count.number }];
  const newest = [...heard, ...known, { seq, number }].reduce((a, b) => (b.number > a.number || (b.number === a.number && b.seq > a.seq) ? b : a));
  return withCount({ ...conversation, read_seq: seq }, { seq: newest.seq, number: newest.number, unread: newest.number - number, heard });
}

/**
 * The server says how far this person has read, on whichever device. `asOf` is the seq at which it counted. False when it
 * cannot be told for certain what is unread now: then the conversation has to be read again.
 */
export function withServerRead(conversation: Conversation, read: { seq: number; unread: number | null; asOf: number | null }): { conversation: Conversation; isCertain: boolean } {
  if (read.seq < conversation.read_seq) return { conversation, isCertain: true };
  const { heard, ...count } = countOf(conversation);
  const mark = heard.find(({ seq }) => seq === read.seq);
  const next = { ...conversation, read_seq: read.seq };
  if (read.unread !== null && read.asOf !== null) {
    const isForgotten = heard.length === MAX_HEARD && read.asOf < (heard[0]?.seq ?? 0);
    // Where messages end, some of those after the mark may have gone.
    const byMark = mark && conversation.retention_seconds === null ? mark.number + read.unread : null;
    const number = heard.find(({ seq }) => seq === read.asOf)?.number ?? (read.asOf === count.seq ? count.number : null) ?? byMark;
    return { conversation: withCount(next, { seq: read.asOf, unread: read.unread, number, heard }), isCertain: !isForgotten };
  }
  if (mark) return { conversation: withRead(conversation, mark), isCertain: true };
  const newest = heard.at(-1);
  const at = newest && newest.seq > count.seq ? newest : count;
  return { conversation: withCount(next, { seq: at.seq, number: at.number, unread: read.unread ?? unreadOf({ ...count, heard }), heard }), isCertain: false };
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
  const next = withCount(isStale ? { ...word, read_seq: old.read_seq } : word, hearing({ ...(isStale ? before : count), heard: before.heard }, told));
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
