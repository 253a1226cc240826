// What counts as visible, and what becomes of pasted text.

/** Draw nothing, though their category says otherwise. */
const DRAW_NOTHING = '\\u2800\\ufffc\\u{1d159}\\u{13441}\\u{13442}';
/** Draws something by itself; places kept for emoji to come count as what a newer device draws there. */
const VISIBLE = new RegExp(`\\p{Extended_Pictographic}|[^\\p{C}\\p{M}\\p{Z}\\p{White_Space}\\p{Default_Ignorable_Code_Point}${DRAW_NOTHING}]`, 'u');

/** Fillers, zero width spaces, the blank of Braille. What may belong to the text beside it is not among them. */
const BLANK = '\\u00ad\\u115f\\u1160\\u180e\\u200b\\u2060-\\u2064\\u2800\\u3164\\ufeff\\uffa0';
const ENDS = new RegExp(`^[\\p{White_Space}${BLANK}]+|[\\p{White_Space}${BLANK}]+$`, 'gu');
/** Also embeds, overrides and isolates of direction: a name has no use for them. */
const HIDES_IN_A_NAME = new RegExp(`[${BLANK}\\u202a-\\u202e\\u2066-\\u206f]`, 'gu');

// oxlint-disable-next-line no-control-regex -- those that break a line
const BREAKS = /\r\n|[\r\u000b\u000c\u0085\u2028\u2029]/g;
const CONTROLS = /(?![\n\t])\p{Cc}/gu;

const SPACELESS = '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Bopomofo}\\p{Script=Yi}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}\\p{Script=Tibetan}\\p{Script=New_Tai_Lue}\\p{Script=Tai_Le}\\p{Script=Tai_Tham}\\p{Script=Tai_Viet}\\p{Script=Balinese}\\p{Script=Javanese}\\u30fc\\uff70\\u3006';
/** Letters of scripts that put no spaces between words. */
export const WITHOUT_SPACES = new RegExp(`[${SPACELESS}]`, 'u');
const HANGUL = /\p{Script=Hangul}/u;
const ALPHANUMERIC = /[\p{Alphabetic}\p{N}]/u;
export const MARK = /[\p{M}\p{Default_Ignorable_Code_Point}]/u;
export const EMOJI = /[\p{Extended_Pictographic}\p{Regional_Indicator}]/u;

export const isAlphanumeric = (char: string) => ALPHANUMERIC.test(char);

/** A letter or digit that may belong to the Latin word beside it. */
export const joinsWords = (char: string) => ALPHANUMERIC.test(char) && !WITHOUT_SPACES.test(char) && !HANGUL.test(char);

/** Nothing of it can be seen. */
export const isBlank = (text: string) => !VISIBLE.test(text);

/** One character is enough to look for: it is a word by itself. */
export const isWholeWord = (text: string) => [...text].some((char) => EMOJI.test(char) || (/\p{Alphabetic}/u.test(char) && WITHOUT_SPACES.test(char)));

const trim = (text: string) => (isBlank(text) ? '' : text.replace(ENDS, ''));
const lines = (text: string) => text.replace(BREAKS, '\n').replace(CONTROLS, '');
const line = (text: string) => lines(text).replace(/[\n\t]/g, ' ');

/** As the server keeps it: several lines, trimmed, empty when nothing can be seen. */
export const tidyLines = (text: string) => trim(lines(text));
export const tidyLine = (text: string) => trim(line(text));
export const tidyName = (text: string) => trim(line(text).replace(HIDES_IN_A_NAME, ''));

/** In characters, as the server counts them. */
export const lengthOf = (text: string) => [...tidyLines(text)].length;
