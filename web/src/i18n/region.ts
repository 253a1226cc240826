// Where the reader lives decides how times, dates and numbers look; the language of the interface only decides the words.

/** What the browser says about its reader. */
export interface Platform {
  /** `navigator.languages`: preferred first. */
  languages: readonly string[];
  /** The locale that `Intl` takes when none is named, and the hours it writes with it. */
  locale: string;
  hourCycle: string | undefined;
}

/**
 * The locale for every `Intl` formatter: words in `language`, formats of the reader's region. A German reader of an English
 * page (`de-AT, de, en-US`) gets `en-AT`: browsers list en-US whether or not anybody chose it.
 */
export function localeFor(language: string, { languages, locale, hourCycle }: Platform): string {
  const wanted = [...languages, locale].flatMap((tag) => parsed(tag) ?? []);
  const [first] = wanted;
  if (!first) return language;
  const home = wanted.find((tag) => tag.language === first.language && tag.region) ?? first.maximize();
  const exact = wanted.find((tag) => tag.language === language && tag.region === home.region);
  // As it was written when it is there: it may carry a calendar or hours of its own.
  const found = exact ?? (home.region ? new Intl.Locale(language, { region: home.region }) : new Intl.Locale(language));
  return withHours(found, ownHours(locale, hourCycle)).toString();
}

function parsed(tag: string): Intl.Locale | undefined {
  try {
    return new Intl.Locale(tag);
  } catch {
    return undefined;
  }
}

/** The hours chosen in the settings of the device, where the platform lets them show: others than its locale has by itself. */
function ownHours(locale: string, hourCycle: string | undefined): string | undefined {
  const base = parsed(locale)?.baseName;
  if (!base || !hourCycle) return undefined;
  return hoursOf(base) === hourCycle ? undefined : hourCycle;
}

function withHours(locale: Intl.Locale, hourCycle: string | undefined): Intl.Locale {
  if (locale.hourCycle || !hourCycle) return locale;
  return new Intl.Locale(locale, { hourCycle: hourCycle as 'h11' | 'h12' | 'h23' | 'h24' });
}

const hoursOf = (locale: string | undefined) => new Intl.DateTimeFormat(locale, { hour: 'numeric' }).resolvedOptions().hourCycle;

export function thisPlatform(): Platform {
  return { languages: navigator.languages ?? [navigator.language], locale: new Intl.DateTimeFormat().resolvedOptions().locale, hourCycle: hoursOf(undefined) };
}
