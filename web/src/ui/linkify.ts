// Finds what can be followed in plain text. Only http and https; what is shown is where it leads: the host as the
// browser will read it, no user names in front of it, nothing that turns the writing direction around.
export type TextPart = { type: 'text'; text: string } | { type: 'link'; href: string; host: string; rest: string } | { type: 'handle'; handle: string };

const CANDIDATE = /https?:\/\/[^\s<>"]+|(?<![\p{L}\p{N}_.@/])@[a-z0-9_]{2,30}(?![\p{L}\p{N}_@])/giu;
const TRAILING = /[.,;:!?'\]}…»”]+$/u;
/** Control characters and those that reorder or hide text. */
const DECEIVING = /[\p{Cc}\p{Cf}]/u;

export function linkify(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  const push = (part: TextPart, from: number, to: number) => {
    if (from > end) parts.push({ type: 'text', text: text.slice(end, from) });
    parts.push(part);
    end = to;
  };
  for (const match of text.matchAll(CANDIDATE)) {
    const [found] = match;
    if (found.startsWith('@')) {
      push({ type: 'handle', handle: found.slice(1).toLowerCase() }, match.index, match.index + found.length);
      continue;
    }
    const address = trim(found);
    const link = toLink(address);
    if (link) push(link, match.index, match.index + address.length);
  }
  if (end < text.length) parts.push({ type: 'text', text: text.slice(end) });
  return parts;
}

/** The full stop ends the sentence, not the address; a closing bracket only when it was opened inside. */
function trim(found: string): string {
  let address = found.replace(TRAILING, '');
  while (address.endsWith(')') && !address.includes('(')) address = address.slice(0, -1).replace(TRAILING, '');
  return address;
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
