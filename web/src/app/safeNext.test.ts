import { expect, it } from 'vitest';
import { safeNext } from './safeNext';

it('leads only to pages of this client after the log-in', () => {
  expect(safeNext('/p/123')).toBe('/p/123');
  expect(safeNext('/@ana')).toBe('/@ana');
  for (const bad of ['//evil.example', 'https://evil.example', '/\\\\evil.example', 'javascript:alert(1)', undefined, 7]) expect(safeNext(bad)).toBe('/home');
});
