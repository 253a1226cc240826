// A fake server for the tests of the connection: it says only what a test makes it say.
import { vi } from 'vitest';
import { LiveClient, type LiveOptions } from './client';
import type { LiveEvent } from './protocol';

/** A fake: the server's end of a socket. It answers pings, as every server does, and leaves the rest to the test. */
export class FakeSocket extends EventTarget {
  readyState = 0;
  sent: Record<string, unknown>[] = [];
  closedWith: number | null = null;
  answersPings = true;

  open(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event('open'));
  }
  send(data: string): void {
    const frame = JSON.parse(data);
    this.sent.push(frame);
    if (frame.type === 'ping' && this.answersPings) queueMicrotask(() => this.push({ type: 'ack', ref: frame.ref, result: {} }));
  }
  close(code: number): void {
    this.readyState = 3;
    this.closedWith = code;
  }
  push(frame: unknown): void {
    this.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(frame) }));
  }
  drop(code: number): void {
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event('close'), { code }));
  }
  last(type: string): Record<string, unknown> | undefined {
    return this.sent.filter((frame) => frame.type === type).at(-1);
  }
}

export function setUp(options: Partial<LiveOptions> = {}) {
  const sockets: FakeSocket[] = [];
  const events: LiveEvent[] = [];
  const tokenListeners = new Set<() => void>();
  let credentials: { token: string; expiresAt: number } | null = { token: 't1', expiresAt: Date.now() + 600_000 };
  const setToken = (token: string, expiresAt = Date.now() + 600_000) => {
    credentials = { token, expiresAt };
    for (const listener of tokenListeners) listener();
  };
  const refresh = vi.fn(async () => {
    setToken(`t${sockets.length + refresh.mock.calls.length}`);
    return true;
  });
  const client = new LiveClient({
    url: 'wss://village.test/messaging',
    tokens: {
      current: () => credentials,
      refresh,
      subscribe: (listener) => {
        tokenListeners.add(listener);
        return () => tokenListeners.delete(listener);
      },
    },
    random: () => 0.5,
    ...options,
    createSocket: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket as unknown as WebSocket;
    },
  });
  client.on((event) => events.push(event));
  const socket = () => sockets.at(-1) as FakeSocket;
  const welcome = async (over: Record<string, unknown> = {}) => {
    await vi.advanceTimersByTimeAsync(0);
    socket().open();
    socket().push({
      type: 'ack',
      ref: socket().last('hello')?.ref,
      result: { session_id: 's', user_id: 'u1', heartbeat_seconds: 20, membership_seq: 4, notification_seq: 7, unread_notifications: 0, ...over },
    });
    await vi.advanceTimersByTimeAsync(0);
  };
  const message = (seq: number, prev = seq - 1) => socket().push({ type: 'message', conversation_id: 'c', seq, prev_seq: prev, message: { id: `m${seq}`, seq } });
  const shown = () => events.flatMap((event) => (event.type === 'messages' ? event.messages.map((item) => item.seq) : []));
  return { client, sockets, socket, events, welcome, message, shown, refresh, setToken };
}
