import { describe, expect, it } from 'vitest';
import { linkify } from './linkify';

const links = (text: string) => linkify(text).flatMap((part) => (part.type === 'link' ? [`${part.host}${part.rest} → ${part.href}`] : []));
const handles = (text: string) => linkify(text).flatMap((part) => (part.type === 'handle' ? [part.handle] : []));
const whole = (text: string) =>
  linkify(text)
    .map((part) => (part.type === 'link' ? part.host + part.rest : part.text))
    .join('');

describe('links in what people write', () => {
  it('are http and https only', () => {
    expect(links('see https://example.org/a and http://example.org')).toEqual(['example.org/a → https://example.org/a', 'example.org → http://example.org/']);
    // oxlint-disable-next-line no-script-url -- the point of the test
    for (const other of ['javascript:alert(1)', 'data:text/html,x', 'ftp://example.org', 'mailto:a@example.org', 'www.example.org']) expect(links(other)).toEqual([]);
  });

  it('show the host they lead to', () => {
    expect(links('https://bank.example@evil.example/login')).toEqual([]);
    expect(links('https://exämple.org')).toEqual(['xn--exmple-cua.org → https://xn--exmple-cua.org/']);
    expect(links('https://EXAMPLE.org/Ä')).toEqual(['example.org/Ä → https://example.org/%C3%84']);
  });

  it('do not reorder or hide what stands in them', () => {
    expect(links('https://example.org/\u202Egpj.exe')).toEqual([]);
    expect(links('https://example.org/%E2%80%AEgpj.exe')).toEqual(['example.org/%E2%80%AEgpj.exe → https://example.org/%E2%80%AEgpj.exe']);
  });

  it('end where the sentence goes on', () => {
    expect(links('(https://example.org/a).')).toEqual(['example.org/a → https://example.org/a']);
    expect(links('https://example.org/wiki/Night_(film)!')).toEqual(['example.org/wiki/Night_(film) → https://example.org/wiki/Night_(film)']);
    expect(whole('Read example https://example.org, then sleep.')).toBe('Read example example.org, then sleep.');
  });

  it('leave text without links alone', () => {
    expect(linkify('Sleep now')).toEqual([{ type: 'text', text: 'Sleep now' }]);
    expect(linkify('')).toEqual([]);
  });
});

describe('handles', () => {
  it('are found where a word begins, and not in addresses', () => {
    expect(handles('@Mara and (@ana_r), not mail@example.org or https://example.org/@ana')).toEqual(['mara', 'ana_r']);
  });
});

describe('texts of all languages', () => {
  it('keep what was written around links and handles', () => {
    expect(whole('こんにちは@Mara さん（https://例え.テスト/a）。')).toBe('こんにちは@Mara さん（xn--r8jz45g.xn--zckzah/a）。');
    expect(handles('谢谢＠ａｎａ。')).toEqual(['ana']);
    expect(links('(see https://en.wikipedia.org/wiki/Foo_(bar))')).toEqual(['en.wikipedia.org/wiki/Foo_(bar) → https://en.wikipedia.org/wiki/Foo_(bar)']);
  });
});
