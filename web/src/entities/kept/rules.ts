// What of the answers of the server is kept on this device, how much of it, and for how long. Pure.
import type { QueryClient, QueryKey } from '@tanstack/react-query';
import type { Page, Paged } from '@/api';

/** One kind of thing that is kept: a list of allowed query keys, and nothing that is not on it. */
export interface KeptRule {
  name: string;
  matches(key: QueryKey): boolean;
  /** How many of this kind; those looked at longest ago go first. */
  limit: number;
  /** What is written. Undefined: nothing. */
  pack(data: unknown): unknown;
  unpack(kept: unknown): unknown;
  /** Where it is read again at the next contact, in the form in which it is written. */
  path?(key: QueryKey): string;
  /** Where it may be found as a part of something else. */
  fallback?(key: QueryKey, sources: Sources): unknown;
  /** Shown before the network has had a chance to answer: what the live connection will put right in place. */
  isEarly?: boolean;
}

export interface Sources {
  client: QueryClient;
  /** The unpacked data of another kind that is kept. */
  kept: readonly { rule: string; data: unknown }[];
}

export interface KeptEntry {
  rule: string;
  key: QueryKey;
  /** When the server said so. */
  at: number;
  /** When it was last on the screen. */
  usedAt: number;
  bytes: number;
  data: unknown;
}

const DAY_MS = 24 * 60 * 60_000;
export const MAX_AGE_MS = 14 * DAY_MS;
export const MAX_UNUSED_MS = 30 * DAY_MS;
export const MAX_BYTES = 6 * 1024 * 1024;
export const MAX_ENTRY_BYTES = 256 * 1024;

/** The entries that must go: too old, too many of a kind, or too much altogether. */
export function whatGoes(entries: readonly KeptEntry[], rules: readonly Pick<KeptRule, 'name' | 'limit'>[], now: number): KeptEntry[] {
  const limits = new Map(rules.map((rule) => [rule.name, rule.limit]));
  const counts = new Map<string, number>();
  let bytes = 0;
  return entries
    .toSorted((a, b) => b.usedAt - a.usedAt)
    .filter((entry) => {
      const count = (counts.get(entry.rule) ?? 0) + 1;
      const stays =
        count <= (limits.get(entry.rule) ?? 0) && now - entry.at <= MAX_AGE_MS && now - entry.usedAt <= MAX_UNUSED_MS && bytes + entry.bytes <= MAX_BYTES;
      if (stays) {
        counts.set(entry.rule, count);
        bytes += entry.bytes;
      }
      return !stays;
    });
}

/** For a list: its first page, which is read again as a whole. */
export function firstPage(maxItems: number): Pick<KeptRule, 'pack' | 'unpack'> {
  return {
    pack: (data) => {
      const page = ((data as Partial<Paged<unknown>>).pages?.[0] ?? data) as Page<unknown>;
      return page.items.length > maxItems ? { ...page, items: page.items.slice(0, maxItems) } : page;
    },
    unpack: (kept) => ({ pages: [kept], pageParams: [undefined] }),
  };
}

export const whole: Pick<KeptRule, 'pack' | 'unpack'> = { pack: (data) => data, unpack: (kept) => kept };

/** Whether a key begins with these parts and has exactly `length` of them. */
export function keyIs(key: QueryKey, parts: readonly unknown[], length = parts.length): boolean {
  return key.length === length && parts.every((part, index) => key[index] === part);
}
