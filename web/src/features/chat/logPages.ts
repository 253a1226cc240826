// The pages of a log, newest first, and how they take in what arrives by itself. Here is known whether more may lie between
// what was read and what came, and no page is ever replaced by one that knows less.
import { replaceEqualDeep } from '@tanstack/react-query';
import type { Message, Page, Paged } from '@/api';

/** `isOld`, on the newest page: what came after it may be missing, until the history has been read again. */
type LogPage = Page<Message> & { isOld?: boolean };

/** Adds or replaces messages; the newest page takes what is new, in the order of the conversation. */
export function mergeMessages(data: Paged<Message>, messages: readonly Message[]): Paged<Message> {
  const incoming = new Map(messages.map((message) => [message.id, message]));
  const replaced = data.pages.map((page) => ({
    ...page,
    items: page.items.map((old) => {
      const next = incoming.get(old.id);
      incoming.delete(old.id);
      return next ? newer(old, next) : old;
    }),
  }));
  const [first, ...rest] = replaced;
  // Older than what is loaded: it will come with its own page.
  const oldest = replaced.at(-1)?.next ? oldestSeq(replaced) : -Infinity;
  const added = [...incoming.values()].filter((message) => message.seq >= oldest);
  if (!first) return data;
  const items = [...added, ...first.items].toSorted((a, b) => b.seq - a.seq);
  return { ...data, pages: [{ ...first, items }, ...rest] };
}

export function replaceMessages(data: Paged<Message>, messages: readonly Message[]): Paged<Message> {
  const incoming = new Map(messages.map((message) => [message.id, message]));
  return { ...data, pages: data.pages.map((page) => ({ ...page, items: page.items.map((old) => newer(old, incoming.get(old.id) ?? old)) })) };
}

/** A slow answer must not take back what a faster one has brought. What only the sender is told stays. */
export function newer(old: Message, next: Message): Message {
  if (next.changed_seq < old.changed_seq) return old;
  return next.client_id ? next : { ...next, client_id: old.client_id ?? null };
}

function oldestSeq(pages: readonly Page<Message>[]): number {
  return Math.min(...pages.flatMap((page) => page.items.map((message) => message.seq)));
}

/**
 * What was read takes the place of what was there. What arrived while it was being read is kept: the answer was written
 * before it, and whoever has seen a message must not see it vanish.
 */
export function withArrivals(old: unknown, next: unknown): unknown {
  const [before, read] = [old, next] as (Paged<Message> | undefined)[];
  if (!before || !read) return next;
  const oldest = oldestSeq(read.pages);
  const versions = new Map(read.pages.flatMap((page) => page.items.map((message) => [message.id, message.changed_seq])));
  const arrived = before.pages.flatMap((page) => page.items).filter((message) => message.seq >= oldest && message.changed_seq > (versions.get(message.id) ?? -1));
  return replaceEqualDeep(before, arrived.length > 0 ? mergeMessages(read, arrived) : read);
}

export function isOld(data: Paged<Message> | undefined): boolean {
  return (data?.pages[0] as LogPage | undefined)?.isOld ?? false;
}

export function asOld(data: Paged<Message>): Paged<Message> {
  const [first, ...rest] = data.pages;
  return first ? { ...data, pages: [{ ...first, isOld: true } as LogPage, ...rest] } : data;
}

/**
 * Whether messages are missing between two that follow each other. Messages are numbered without a gap, an event has the
 * number of the message before it, and only the oldest ever go away.
 */
export function isHole(before: Message, after: Message): boolean {
  return after.number > before.number + (after.kind === 'event' ? 0 : 1);
}
