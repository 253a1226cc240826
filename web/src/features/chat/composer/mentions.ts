// Finding and completing "@name" while it is typed.
import type { UserSummary } from '@/api';
import { plain } from '../list/search';

export interface OpenMention {
  /** Where the @ stands. */
  from: number;
  query: string;
}

const OPEN = /(?:^|[\s(])@([\p{L}\p{N}_]{0,30})$/u;

/** The mention the caret stands at the end of. */
export function mentionAt(text: string, caret: number): OpenMention | null {
  const match = OPEN.exec(text.slice(0, caret));
  const query = match?.[1];
  return query === undefined ? null : { from: caret - query.length - 1, query };
}

export function completeMention(text: string, { from, query }: OpenMention, handle: string): { text: string; caret: number } {
  const after = text.slice(from + 1 + query.length);
  const inserted = `@${handle}${/^\s/.test(after) ? '' : ' '}`;
  return { text: text.slice(0, from) + inserted + after, caret: from + inserted.length + (/^\s/.test(after) ? 1 : 0) };
}

const MAX_SHOWN = 6;

export function matchingPeople(people: readonly UserSummary[], query: string): UserSummary[] {
  const wanted = plain(query);
  const fits = ({ handle, display_name: name }: UserSummary) => handle.startsWith(wanted) || plain(name).split(/\s+/).some((word) => word.startsWith(wanted));
  return people.filter(fits).slice(0, MAX_SHOWN);
}
