import { cloneElement, type ReactElement, type ReactNode } from 'react';
import { dir, language, t, type TFunction, type TextKey } from './translate';

const translation = { t, i18n: { language, dir } };

export function useTranslation(): { t: TFunction; i18n: { language: string; dir: () => 'ltr' | 'rtl' } } {
  return translation;
}

interface TransProps {
  /** Elements by the name of their tag in the text: `<b>3</b> followers`. */
  components: Record<string, ReactElement>;
  i18nKey?: TextKey;
  values?: Record<string, unknown>;
  count?: number;
  /** A finished sentence instead of a key. */
  defaults?: string;
}

const TAG = /<(\w+)>(.*?)<\/\1>/;

/** A sentence with elements in it. A tag that nobody named, as in what a person calls themselves, stays text. */
export function Trans({ components, i18nKey, values, count, defaults }: TransProps) {
  let rest = i18nKey ? t(i18nKey, { ...values, ...(count === undefined ? {} : { count }) }) : (defaults ?? '');
  const parts: ReactNode[] = [];
  for (let match = TAG.exec(rest); match; match = TAG.exec(rest)) {
    const [whole, name = '', inner] = match;
    const element = components[name];
    parts.push(rest.slice(0, match.index), element ? cloneElement(element, { key: parts.length }, inner) : whole);
    rest = rest.slice(match.index + whole.length);
  }
  return (
    <>
      {parts}
      {rest}
    </>
  );
}
