import { expect, it } from 'vitest';
import { excess } from './drafts';

it('a message is too long by what is beyond 4,000 characters, as a reader counts them after blanks at its ends are gone', () => {
  expect(excess('x'.repeat(4_000))).toBe(0);
  expect(excess(`  ${'x'.repeat(4_000)}\n`)).toBe(0);
  expect(excess('x'.repeat(4_123))).toBe(123);
  expect(excess('🌿'.repeat(4_001))).toBe(1);
});
