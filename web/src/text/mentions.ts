// Where `@handle` stands in a text, by the rule of the server's crates/services/messaging/src/mention.rs.
import { addresses, type Span } from './addresses';
import { joinsWords, MARK } from './visible';

export interface Mention extends Span {
  handle: string;
}

const AT = /[@＠]/u;
/** The handle, also in the full-width forms of Chinese and Japanese keyboards. */
const HANDLE = /^[A-Za-z0-9_Ａ-Ｚａ-ｚ０-９＿]+/u;
const FULL_WIDTH = /[！-～]/gu;

/** None begins inside a word or an address; beside letters of scripts without spaces one may. */
export function mentions(text: string): Mention[] {
  if (!AT.test(text)) return [];
  const inside = addresses(text);
  const found: Mention[] = [];
  for (const { index: from } of text.matchAll(new RegExp(AT, 'gu'))) {
    if (!mayBegin(text, from) || inside.some((address) => from >= address.from && from < address.to)) continue;
    const written = HANDLE.exec(text.slice(from + 1))?.[0] ?? '';
    const [after] = text.slice(from + 1 + written.length);
    const goesOn = after !== undefined && goesOnWith(text, from + 1 + written.length);
    if (written.length < 3 || written.length > 30 || goesOn) continue;
    found.push({ handle: narrow(written), from, to: from + 1 + written.length });
  }
  return found;
}

/** The mention that is being typed at the end of the text, with what of it is there. */
export function mentionBefore(text: string): { from: number; query: string } | null {
  const match = /[@＠]([\p{L}\p{M}\p{N}_]{0,30})$/u.exec(text);
  if (!match || !mayBegin(text, match.index) || addresses(text).some(({ from, to }) => match.index >= from && match.index < to)) return null;
  return { from: match.index, query: narrow(match[1] ?? '') };
}

function mayBegin(text: string, at: number): boolean {
  // Marks belong to the letter that they stand on.
  const before = Array.from(text.slice(Math.max(0, at - 40), at)).findLast((char) => !MARK.test(char));
  return before === undefined || !(joinsWords(before) || AT.test(before) || before === '_' || before === '/');
}

function goesOnWith(text: string, at: number): boolean {
  const char = String.fromCodePoint(text.codePointAt(at) ?? 0);
  return joinsWords(char) || AT.test(char) || MARK.test(char);
}

const narrow = (text: string) => text.replace(FULL_WIDTH, (char) => String.fromCharCode(char.charCodeAt(0) - 0xfee0)).toLowerCase();
