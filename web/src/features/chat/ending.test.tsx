import { act, useEffect } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Message } from '@/api';
import { isOver, useEndings, withoutEnded } from './ending';
import { aMessage } from './testing/server';

const START = Date.parse('2026-06-01T10:00:00Z');
const written = (id: number, secondsBefore: number) => aMessage(id, { created_at: new Date(START - secondsBefore * 1_000).toISOString() });
let root: Root;
let renders = 0;

beforeEach(() => {
  globalThis.IS_REACT_ACT_ENVIRONMENT = true;
  vi.useFakeTimers({ now: START });
  document.body.replaceChildren(document.createElement('div'));
  root = createRoot(document.body.firstElementChild as HTMLElement);
  renders = 0;
});
afterEach(async () => {
  await act(async () => root.unmount());
  vi.useRealTimers();
});

function Left({ messages, retention }: { messages: Message[]; retention: number | null }) {
  const now = useEndings(messages, retention);
  useEffect(() => {
    renders += 1;
  });
  return withoutEnded(messages, retention, now).map((message) => message.body).join();
}

const show = (messages: Message[], retention: number | null) => act(async () => root.render(<Left messages={messages} retention={retention} />));
const pass = (seconds: number) => act(() => vi.advanceTimersByTimeAsync(seconds * 1_000));

describe('messages with an end', () => {
  it('are over from that moment on', () => {
    const message = written(1, 3_600);
    expect(isOver(message, 3_600, START - 1)).toBe(false);
    expect(isOver(message, 3_600, START)).toBe(true);
    expect(isOver(message, null, START + 1e12)).toBe(false);
  });

  it('go one by one, each when its time has come, without a look in between', async () => {
    await show([written(1, 3_000), written(2, 1_000), written(3, 4_000)], 3_600);
    expect(document.body.textContent).toBe('message 1,message 2');
    const before = renders;
    await pass(599);
    expect(renders).toBe(before);
    await pass(1);
    expect(document.body.textContent).toBe('message 2');
    await pass(2_000);
    expect(document.body.textContent).toBe('');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('end when they are to, also when that is further away than a timer reaches', async () => {
    await show([written(1, 0)], 90 * 86_400);
    await pass(89 * 86_400);
    expect(document.body.textContent).toBe('message 1');
    await pass(86_400);
    expect(document.body.textContent).toBe('');
  });

  it('are gone at once on a device that slept over their end', async () => {
    await show([written(1, 0)], 3_600);
    vi.setSystemTime(START + 7_200_000);
    await act(async () => document.dispatchEvent(new Event('visibilitychange')));
    expect(document.body.textContent).toBe('');
  });
});
