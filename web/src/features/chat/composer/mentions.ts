// Finding and completing "@name" while it is typed.
import type { UserSummary } from '@/api';
import { mentionBefore, startsWords } from '@/text';

export interface OpenMention {
  /** Where the @ stands. */
  from: number;
  query: string;
}

/** The mention the caret stands at the end of. */
export const mentionAt = (text: string, caret: number): OpenMention | null => mentionBefore(text.slice(0, caret));

export function completeMention(text: string, { from, query }: OpenMention, handle: string): { text: string; caret: number } {
  const after = text.slice(from + 1 + query.length);
  const inserted = `@${handle}${/^\s/.test(after) ? '' : ' '}`;
  return { text: text.slice(0, from) + inserted + after, caret: from + inserted.length + (/^\s/.test(after) ? 1 : 0) };
}

const MAX_SHOWN = 6;

export function matchingPeople(people: readonly UserSummary[], query: string): UserSummary[] {
  const fits = ({ handle, display_name: name }: UserSummary) => query === '' || handle.startsWith(query) || startsWords(name, query);
  return people.filter(fits).slice(0, MAX_SHOWN);
}
