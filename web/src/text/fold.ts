// The form in which texts are searched, by the rule of the server's crates/kernel/src/text/fold.rs.
import { EMOJI, isAlphanumeric, MARK, WITHOUT_SPACES } from './visible';

/** Letters that no normalisation takes apart (CLDR, "Latin-ASCII"), and two that Persian keyboards type differently. */
const LETTERS = new Map(
  Object.entries({
    æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd', ð: 'd', þ: 'th', ħ: 'h', ŧ: 't', ŋ: 'n', ĸ: 'q', ı: 'i', ƀ: 'b', ɓ: 'b',
    ƈ: 'c', ɖ: 'd', ɗ: 'd', ə: 'e', ɛ: 'e', ƒ: 'f', ɠ: 'g', ǥ: 'g', ɨ: 'i', ƙ: 'k', ƚ: 'l', ɲ: 'n', ɔ: 'o', ɵ: 'o',
    ƥ: 'p', ʈ: 't', ƭ: 't', ʉ: 'u', ʋ: 'v', ƴ: 'y', ƶ: 'z', '\u06CC': '\u064A', '\u06A9': '\u0643',
  }),
);
/** Vowel signs and the voicing marks of Japanese: words differ by them. */
// oxlint-disable-next-line no-misleading-character-class -- ranges of marks
const STANDS_FOR_A_VOWEL = /\p{Mc}|(?![\u0300-\u036F\u0483-\u0487\u0591-\u05C7\u0610-\u061A\u064B-\u065F\u0670\u06D6-\u06ED\u1AB0-\u1AFF\u1DC0-\u1DFF\u20D0-\u20FF\uFE20-\uFE2F])\p{Mn}/u;
const IGNORABLE = /\p{Default_Ignorable_Code_Point}/u;
const SKIN_TONE_OR_TATWEEL = /[\u{1F3FB}-\u{1F3FF}\u0640]/u;
const APOSTROPHE = /[\u02B9-\u02BF\u02C8\uA78C]/u;

function bare(text: string): string {
  let result = '';
  for (const char of text.normalize('NFKD')) {
    const isDropped = SKIN_TONE_OR_TATWEEL.test(char) || (MARK.test(char) && (IGNORABLE.test(char) || !STANDS_FOR_A_VOWEL.test(char)));
    if (!isDropped) result += LETTERS.get(char) ?? char;
  }
  return result;
}

const each = (text: string, change: (char: string) => string) => [...text].map(change).join('');
const small = (text: string) => each(text, (char) => char.toLowerCase());

/** Words as they are searched: small letters without accents. Letters of scripts without spaces are words, and emoji. */
export function words(text: string): string[] {
  const folded = bare(small(each(small(bare(text)), (char) => char.toUpperCase())));
  const found: string[] = [];
  let isOpen = false;
  for (const char of folded) {
    const isWord = EMOJI.test(char) || (isAlphanumeric(char) && WITHOUT_SPACES.test(char) && !MARK.test(char));
    const goesOn = char === '_' || (isAlphanumeric(char) && !APOSTROPHE.test(char));
    if (MARK.test(char) || (!isWord && isOpen && goesOn)) {
      if (found.length > 0) found.push(`${found.pop() ?? ''}${char}`);
    } else {
      if (isWord || goesOn) found.push(char);
      isOpen = !isWord && goesOn;
    }
  }
  return found;
}

/** Whether each word that was typed starts a word of `text`, in the order in which they are typed. */
export function startsWords(text: string, typed: string): boolean {
  const wanted = words(typed);
  if (wanted.length === 0) return false;
  const all = words(text).flatMap((word) => (word.includes('_') ? [word, ...word.split('_')] : [word]));
  return ` ${all.join(' ')}`.includes(` ${wanted.join(' ')}`);
}
