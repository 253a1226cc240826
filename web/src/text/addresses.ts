// Where web addresses stand in a text, by the rule of the server's crates/services/messaging/src/address.rs.
import { joinsWords } from './visible';

const SCHEME = /https?:\/\//giu;
/** What an address never holds as it is written: quotes, and the punctuation and brackets of other scripts. */
const ENDS = new Set('<>"“”„«»‹›。．、，！？；：｡､「」『』｢｣【】〔〕〖〗《》〈〉（）［］｛｝،؛؟۔।॥\u200B\u2060\uFEFF');
const BLANK = /[\p{White_Space}\p{Cc}]/u;
/** What ends the sentence and not the address. */
const TRAILING = /[.,;:!?'*…‘’`([{]+$/u;
const OPENING: Record<string, string> = { ')': '(', ']': '[', '}': '{' };

export interface Span {
  from: number;
  to: number;
}

/** The addresses in a text, in their order. */
export function addresses(text: string): Span[] {
  const found: Span[] = [];
  for (const { 0: scheme, index: from } of text.matchAll(SCHEME)) {
    const before = Array.from(text.slice(Math.max(0, from - 2), from)).at(-1);
    if (from < (found.at(-1)?.to ?? 0) || (before !== undefined && joinsWords(before))) continue;
    const start = from + scheme.length;
    const length = lengthOf(text.slice(start));
    if (length > 0) found.push({ from, to: start + length });
  }
  return found;
}

/** Up to a blank, a sign that ends addresses, or a bracket that closes what was not opened inside. */
function lengthOf(text: string): number {
  const open: string[] = [];
  let end = 0;
  for (const char of text) {
    const opening = OPENING[char];
    if ('([{'.includes(char)) open.push(char);
    else if (opening ? open.at(-1) !== opening : ENDS.has(char) || BLANK.test(char)) break;
    else if (opening) open.pop();
    end += char.length;
  }
  return text.slice(0, end).replace(TRAILING, '').length;
}
