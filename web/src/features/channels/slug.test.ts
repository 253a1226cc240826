import { expect, it } from 'vitest';
import { slugFrom } from './slug';

it('makes an address people can type from any name', () => {
  expect(slugFrom('Früh geboren')).toBe('fruh-geboren');
  expect(slugFrom('  Sleep & 3 a.m.  ')).toBe('sleep-3-a-m');
  expect(slugFrom('睡眠')).toBe('');
  expect(slugFrom('É')).toBe('');
  expect(slugFrom(`${'a'.repeat(39)} b`)).toBe('a'.repeat(39));
});
