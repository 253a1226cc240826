// Texts by key, with values and plurals. Pages before the log-in know only their own texts; `addTexts` brings the rest.
import { isolate } from '@/text';
import type { en } from './en';
import { before } from './en.before';
import type { chat } from './en.chat';
import type { photoErrors, photoTools } from './en.photos';
import type { settings } from './en.settings';
import { formatNumber } from './formats';

interface Texts {
  readonly [key: string]: string | Texts;
}

type Plural = 'zero' | 'one' | 'two' | 'few' | 'many' | 'other';
/** `posts.likeCount` for `{ posts: { likeCount_one: …, likeCount_other: … } }`. */
type KeysOf<T> = { [K in keyof T & string]: T[K] extends string ? (K extends `${infer Base}_${Plural}` ? Base : K) : `${K}.${KeysOf<T[K]>}` }[keyof T & string];
export type TextKey = KeysOf<typeof en & { settings: typeof settings; chat: typeof chat; errors: typeof photoErrors; compose: typeof photoTools }>;
export type TFunction = (key: TextKey, values?: Readonly<Record<string, unknown>>) => string;

/** English is complete; further languages come next to it and are chosen by the browser's setting. */
export const language = 'en';
const plurals = new Intl.PluralRules(language);
const RIGHT_TO_LEFT = /^(ar|ckb|dv|fa|he|ps|sd|ug|ur|yi)\b/;

export function dir(): 'ltr' | 'rtl' {
  return RIGHT_TO_LEFT.test(language) ? 'rtl' : 'ltr';
}

let texts: Texts = before;

/** What is there already stays: several files may bring parts of one group. */
export function addTexts(more: Record<string, Texts>): void {
  texts = { ...texts, ...Object.fromEntries(Object.entries(more).map(([group, added]) => [group, { ...(texts[group] as Texts | undefined), ...added }])) };
}

/** The sentence for this key. With a `count`, the one for that many. */
export const t: TFunction = (key, values = {}) => {
  const { count } = values;
  const text = (typeof count === 'number' ? find(`${key}_${plurals.select(count)}`) : undefined) ?? find(key) ?? key;
  return text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => write(values[name]));
};

function find(key: string): string | undefined {
  let place: string | Texts | undefined = texts;
  for (const part of key.split('.')) {
    if (typeof place !== 'object' || !Object.hasOwn(place, part)) return undefined;
    place = place[part];
  }
  return typeof place === 'string' ? place : undefined;
}

/** React escapes; here names are kept from turning the sentence around, and numbers are written as the reader writes them. */
function write(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'number' ? formatNumber(value) : isolate(String(value));
}
