import { describe, expect, it } from 'vitest';
import { nextChange, relativeTime } from './time';

const now = Date.parse('2026-06-15T12:00:00Z');
const ago = (milliseconds: number) => new Date(now - milliseconds).toISOString();
const text = (milliseconds: number) => relativeTime(ago(milliseconds), now, 'en', 'now');

describe('relative time', () => {
  it('says now for the first minute and for clocks that run ahead', () => {
    expect(text(20_000)).toBe('now');
    expect(text(-90_000)).toBe('now');
  });

  it('counts minutes, hours and days up to a week', () => {
    expect(text(12 * 60_000)).toBe('12 min');
    expect(text(60 * 60_000)).toBe('1 hr');
    expect(text(23.9 * 3_600_000)).toBe('23 hr');
    expect(text(6.5 * 86_400_000)).toBe('6 days');
  });

  it('shows a date after a week, and the year only when it is another one', () => {
    expect(text(8 * 86_400_000)).toBe('Jun 7');
    expect(text(400 * 86_400_000)).toBe('May 11, 2025');
  });

  it('follows the language', () => {
    expect(relativeTime(ago(12 * 60_000), now, 'de', 'jetzt')).toBe('12 Min.');
  });

  it('knows when its text will change', () => {
    expect(nextChange(ago(61_000), now)).toBe(59_000);
    expect(nextChange(ago(2 * 86_400_000), now)).toBeNull();
  });
});
