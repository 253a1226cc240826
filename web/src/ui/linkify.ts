// Finds what can be followed in plain text. Only http and https; what is shown is where it leads: the host as the
// browser will read it, no user names in front of it, nothing that turns the writing direction around.
import { addresses, mentions } from '@/text';

export type TextPart =
  | { type: 'text'; text: string }
  | { type: 'link'; href: string; host: string; rest: string }
  /** With the handle as it was written, `@` included. */
  | { type: 'handle'; handle: string; text: string };

/** Control characters and those that reorder or hide text. */
const DECEIVING = /[\p{Cc}\p{Cf}]/u;

export function linkify(text: string): TextPart[] {
  const links = addresses(text).flatMap(({ from, to }) => {
    const link = toLink(text.slice(from, to));
    return link ? [{ from, to, part: link }] : [];
  });
  const handles = mentions(text).map(({ from, to, handle }) => ({ from, to, part: { type: 'handle' as const, handle, text: text.slice(from, to) } }));
  const parts: TextPart[] = [];
  let end = 0;
  for (const { from, to, part } of [...links, ...handles].toSorted((a, b) => a.from - b.from)) {
    if (from > end) parts.push({ type: 'text', text: text.slice(end, from) });
    parts.push(part);
    end = to;
  }
  if (end < text.length) parts.push({ type: 'text', text: text.slice(end) });
  return parts;
}

function toLink(address: string): TextPart | null {
  if (!URL.canParse(address) || DECEIVING.test(address)) return null;
  const url = new URL(address);
  if ((url.protocol !== 'https:' && url.protocol !== 'http:') || url.username || url.password || !url.hostname) return null;
  const rest = `${url.pathname}${url.search}${url.hash}`;
  return { type: 'link', href: url.href, host: url.host, rest: rest === '/' ? '' : readable(rest) };
}

function readable(rest: string): string {
  try {
    const decoded = decodeURI(rest);
    return DECEIVING.test(decoded) || /\s/.test(decoded) ? rest : decoded;
  } catch {
    return rest;
  }
}
