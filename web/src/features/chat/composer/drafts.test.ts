import { expect, it, vi } from 'vitest';
import { excess, readDraft, writeDraft } from './drafts';

it('a message is too long by what is beyond 4,000 characters, as a reader counts them after blanks at its ends are gone', () => {
  expect(excess('x'.repeat(4_000))).toBe(0);
  expect(excess(`  ${'x'.repeat(4_000)}\n`)).toBe(0);
  expect(excess('x'.repeat(4_123))).toBe(123);
  expect(excess('🌿'.repeat(4_001))).toBe(1);
});

it('can be written where the tab may remember nothing', () => {
  const refuse = () => {
    throw new DOMException('full', 'QuotaExceededError');
  };
  vi.stubGlobal('sessionStorage', { getItem: refuse, setItem: refuse, removeItem: refuse });
  writeDraft('c', 'half a sentence');
  expect(readDraft('c')).toBe('half a sentence');
  vi.unstubAllGlobals();
});
