import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { addresses, isBlank, isolate, isWholeWord, lengthOf, mentionBefore, mentions, normalEmoji, startsWords, tidyLine, tidyLines, tidyName, words } from '.';

type Pair<T> = [string, T];
interface Examples {
  blank: string[];
  visible: string[];
  single_line: Pair<string | null>[];
  multi_line: Pair<string | null>[];
  names: Pair<string | null>[];
  length: Pair<number>[];
  folded: Pair<string>[];
  mentions: Pair<string[]>[];
  links: Pair<string[]>[];
  emoji: Pair<string | null>[];
}

const examples = JSON.parse(readFileSync(join(import.meta.dirname, '../../../testdata/text.json'), 'utf8')) as Examples;
const shown = (text: string) => JSON.stringify(text);
/** The server refuses NUL; here it goes before it is sent. */
const withoutNul = <T>(pairs: Pair<T>[]) => pairs.filter(([text]) => !text.includes('\0'));

describe('the examples that client and server share', () => {
  it('know what can be seen', () => {
    for (const text of examples.blank) {
      expect(isBlank(text), shown(text)).toBe(true);
      expect(tidyLines(text) + tidyLine(text) + tidyName(text), shown(text)).toBe('');
    }
    for (const text of examples.visible) expect(isBlank(text), shown(text)).toBe(false);
  });

  it('tidy what is pasted', () => {
    for (const [text, tidy] of withoutNul(examples.single_line)) expect(tidyLine(text), shown(text)).toBe(tidy ?? '');
    for (const [text, tidy] of withoutNul(examples.multi_line)) expect(tidyLines(text), shown(text)).toBe(tidy);
    for (const [text, tidy] of withoutNul(examples.names)) expect(tidyName(text), shown(text)).toBe(tidy ?? '');
    expect(tidyLines('a\0b')).toBe('ab');
  });

  it('count characters', () => {
    for (const [text, length] of examples.length) expect(lengthOf(text), shown(text)).toBe(length);
  });

  it('fold to words', () => {
    for (const [text, folded] of examples.folded) expect(words(text).join(' '), shown(text)).toBe(folded.normalize('NFD'));
  });

  it('find mentions', () => {
    for (const [text, handles] of examples.mentions) {
      const found = [...new Set(mentions(text).map(({ handle }) => handle))];
      expect(found, shown(text)).toEqual(handles);
    }
  });

  it('find addresses', () => {
    for (const [text, links] of examples.links) {
      const found = addresses(text).map(({ from, to }) => text.slice(from, to));
      expect(found, shown(text)).toEqual(links);
    }
  });

  it('write an emoji in one way', () => {
    for (const [text, normal] of examples.emoji) if (normal !== null) expect(normalEmoji(text), shown(text)).toBe(normal);
  });
});

describe('words', () => {
  it('are found by their beginnings', () => {
    expect(startsWords('Anne-Marie O’Neil', 'mari')).toBe(true);
    expect(startsWords('東京の夜', '京の')).toBe(true);
    expect(startsWords('tomas_v', 'tomas_')).toBe(true);
    expect(startsWords('Night', 'ight')).toBe(false);
    expect(startsWords('Night', '?!')).toBe(false);
  });

  it('are one character where a script has no spaces', () => {
    expect(['家', '😀', 'a', '。'].map(isWholeWord)).toEqual([true, true, false, false]);
  });
});

describe('a mention that is being typed', () => {
  it('begins where one may stand', () => {
    expect(mentionBefore('こんにちは@ma')).toEqual({ from: 5, query: 'ma' });
    expect(mentionBefore('＠ｍａ')).toEqual({ from: 0, query: 'ma' });
    expect(mentionBefore('mail@ma')).toBeNull();
    expect(mentionBefore('https://example.org/@ma')).toBeNull();
  });
});

describe('a name in a sentence', () => {
  it('is kept apart when it is written from right to left, and never turns the sentence', () => {
    expect(isolate('مريم')).toBe('\u2068مريم\u2069');
    expect(isolate('\u202eanA')).toBe('anA');
    expect(isolate('Ana')).toBe('Ana');
  });
});
