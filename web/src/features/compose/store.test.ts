import { expect, it } from 'vitest';
import { closeCompose, isComposing, openCompose } from './store';

it('is not closed by a sheet that was open before', () => {
  const former = openCompose();
  closeCompose(former);
  const next = openCompose();
  closeCompose(former);
  expect([isComposing(former), isComposing(next)]).toEqual([false, true]);
  closeCompose();
  expect(isComposing(next)).toBe(false);
});
