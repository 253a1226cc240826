import { describe, expect, it } from 'vitest';
import { formatDate, formatNumber, listOf, shortNumber } from './formats';
import { localeFor, type Platform } from './region';

const reader = (languages: string[], more: Partial<Platform> = {}) => localeFor('en', { languages, locale: 'en-US', hourCycle: 'h12', ...more });
const night = new Date(2026, 1, 3, 4, 59);
const clock = (locale: string) => formatDate(night, { timeStyle: 'short' }, locale).replace(/\s/u, ' ');

describe('the locale of formats', () => {
  it('is the one of the reader that has the words of the interface', () => {
    expect(reader(['en-GB', 'en'])).toBe('en-GB');
    expect(reader(['en', 'en-AU'])).toBe('en-AU');
    expect(reader(['en-US', 'en'])).toBe('en-US');
  });

  it('joins the words of the interface with the region of a reader of another language', () => {
    expect(reader(['de-AT'])).toBe('en-AT');
    expect(reader(['de-AT', 'de', 'en-US', 'en'])).toBe('en-AT');
    expect(reader(['fr-CA', 'en-CA', 'en-US'])).toBe('en-CA');
    expect(reader(['zh-Hant-TW'])).toBe('en-TW');
  });

  it('takes the usual region of a language that names none, and the platform’s when that is all there is', () => {
    expect(reader(['de', 'en-US', 'en'])).toBe('en-DE');
    expect(reader(['en'], { locale: 'en-GB', hourCycle: 'h23' })).toBe('en-GB');
    expect(reader([], { locale: 'sv-SE', hourCycle: 'h23' })).toBe('en-SE');
  });

  it('keeps the hours that the reader chose', () => {
    expect(clock(reader(['en-US'], { hourCycle: 'h23' }))).toBe('04:59');
    expect(clock(reader(['en-GB'], { locale: 'en-GB', hourCycle: 'h12' }))).toBe('4:59 am');
    expect(reader(['en-GB-u-hc-h12'])).toBe('en-GB-u-hc-h12');
  });

  it('survives what is no language tag', () => {
    expect(reader(['*', 'x', 'en-GB'])).toBe('en-GB');
    expect(localeFor('en', { languages: [], locale: '', hourCycle: undefined })).toBe('en');
  });
});

describe('formats', () => {
  it('are those of the region', () => {
    expect([clock('en-GB'), clock('en-US'), clock('en-AT')]).toEqual(['04:59', '4:59 AM', '04:59']);
    expect([formatNumber(1_234_567, {}, 'en-GB'), formatNumber(1_234_567, {}, 'en-AT'), formatNumber(1_234_567, {}, 'en-IN')]).toEqual(['1,234,567', '1.234.567', '12,34,567']);
    expect([listOf(['a', 'b', 'c'], 'en-GB'), listOf(['a', 'b', 'c'], 'en-US')]).toEqual(['a, b and c', 'a, b, and c']);
  });

  it('are short where there is little room, and never wrong about what one can count', () => {
    expect([999, 1_200, 9_999, 12_345, 1_234_567].map((value) => shortNumber(value, 'en-US'))).toEqual(['999', '1,200', '9,999', '12.3K', '1.2M']);
  });
});
