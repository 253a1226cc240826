// What a person does, over the socket when it is open and over REST when it is not.
import { backoffDelay } from './backoff';
import { failureOf, LiveError } from './errors';
import type { LiveTypes, Marks, NewMessage, ReadResult, RequestFrame } from './protocol';
import { address, ask, type Rest } from './rest';

export interface RequestsOptions {
  request: <R>(frame: RequestFrame) => Promise<R>;
  rest: Rest | null;
  random: () => number;
  now: () => number;
  onPresence: (userId: string, present: boolean) => void;
}

/** Codes of the socket after which the same may succeed over REST. */
const ONLY_THE_SOCKET = new Set(['offline', 'frame_too_large', 'unknown_type']);
/** Everything here may be repeated, so a short interruption is nobody's business but ours. */
const TRIES = 4;
const DELIVERED_AFTER_MS = 1_000;
/** What the server did not want to take now is said again after this time, when it has named none. */
const AGAIN_AFTER_MS = 5_000;
const MAX_DELIVERED = 200;
const TYPING_EVERY_MS = 3_000;
const MAX_WATCHED = 100;

export class Requests<T extends LiveTypes> {
  readonly #options: RequestsOptions;
  /** Read marks the server has not confirmed yet. */
  readonly #reads = new Map<string, number>();
  /** Called when there are none of them left. */
  readonly #settled = new Set<() => void>();
  #delivered: Marks = {};
  readonly #confirmed = new Map<string, number>();
  #deliveredTimer: ReturnType<typeof setTimeout> | undefined;
  #againTimer: ReturnType<typeof setTimeout> | undefined;
  /** Those who wait before another try; called when there will be none. */
  readonly #waiting = new Set<() => void>();
  #canDeliver = true;
  /** Moves with every person: what one has begun is not done for the next. */
  #turn = 0;
  readonly #typedAt = new Map<string, number>();
  #watched: readonly string[] = [];

  constructor(options: RequestsOptions) {
    this.#options = options;
  }

  /** One try. Repeating is the outbox's task, which keeps the order. */
  async send(message: NewMessage): Promise<T['message']> {
    const { conversation_id: id, ...body } = message;
    const answer = await this.#either<T['message'] | { message: T['message'] }>({ type: 'send', ...message }, 'POST', address`/conversations/${id}/messages`, body);
    return unwrap(answer);
  }

  async edit(conversationId: string, messageId: string, body: string): Promise<T['message']> {
    const frame = { type: 'edit', conversation_id: conversationId, message_id: messageId, body } as const;
    return unwrap(await this.#again(() => this.#either(frame, 'PATCH', address`/conversations/${conversationId}/messages/${messageId}`, { body })));
  }

  async delete(conversationId: string, messageId: string): Promise<T['message']> {
    const frame = { type: 'delete', conversation_id: conversationId, message_id: messageId } as const;
    return unwrap(await this.#again(() => this.#either(frame, 'DELETE', address`/conversations/${conversationId}/messages/${messageId}`)));
  }

  async react(conversationId: string, messageId: string, emoji: string, on: boolean): Promise<T['message']> {
    const frame = { type: 'react', conversation_id: conversationId, message_id: messageId, emoji, on } as const;
    const twin = address`/conversations/${conversationId}/messages/${messageId}/reactions/${emoji}`;
    return unwrap(await this.#again(() => this.#either(frame, on ? 'PUT' : 'DELETE', twin)));
  }

  /** Null: the mark could not be set now, and will be as soon as the server can be reached. */
  async read(conversationId: string, seq: number): Promise<ReadResult | null> {
    const wanted = Math.max(seq, this.#reads.get(conversationId) ?? 0);
    this.#reads.set(conversationId, wanted);
    const done = () => {
      if (this.#reads.get(conversationId) === wanted) this.#reads.delete(conversationId);
      this.#settle();
    };
    const frame = { type: 'read', conversation_id: conversationId, seq: wanted } as const;
    try {
      const state = await this.#either<ReadResult>(frame, 'PUT', address`/conversations/${conversationId}/read`, { seq: wanted });
      done();
      return state;
    } catch (error) {
      if (failureOf(error).isTemporary) {
        this.#laterAgain(error);
        return null;
      }
      done();
      throw error;
    }
  }

  /** Resolves when the server knows of every read mark that was set, or has refused it: at once when none is on its way. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      this.#settled.add(resolve);
      this.#settle();
    });
  }

  #settle(): void {
    if (this.#reads.size > 0) return;
    for (const resolve of this.#settled) resolve();
    this.#settled.clear();
  }

  /** Says soon, together with others, that messages up to `seq` have arrived on this device. */
  delivered(conversationId: string, seq: number): void {
    if (!this.#canDeliver || seq <= (this.#confirmed.get(conversationId) ?? 0)) return;
    this.#delivered[conversationId] = Math.max(seq, this.#delivered[conversationId] ?? 0);
    this.#deliveredTimer ??= setTimeout(() => void this.#sendDelivered(), DELIVERED_AFTER_MS);
  }

  /** At most one frame in three seconds; when it cannot be sent, nobody misses it. */
  typing(conversationId: string): void {
    const now = this.#options.now();
    if (now - (this.#typedAt.get(conversationId) ?? -Infinity) < TYPING_EVERY_MS) return;
    this.#typedAt.set(conversationId, now);
    this.#options.request({ type: 'typing', conversation_id: conversationId }).catch(() => undefined);
  }

  /** After a message was sent, the next key counts as beginning to type. */
  stoppedTyping(conversationId: string): void {
    this.#typedAt.delete(conversationId);
  }

  /** Whose presence to hear of, instead of those before. */
  watch(userIds: readonly string[]): void {
    const next = [...new Set(userIds)].slice(0, MAX_WATCHED);
    if (next.length === this.#watched.length && next.every((id) => this.#watched.includes(id))) return;
    this.#watched = next;
    void this.refreshPresence();
  }

  async refreshPresence(): Promise<void> {
    const asked = this.#watched;
    const { onPresence, request } = this.#options;
    try {
      const { present } = await request<{ present: string[] }>({ type: 'watch', user_ids: [...asked] });
      if (asked === this.#watched) for (const id of asked) onPresence(id, present.includes(id));
    } catch {
      // Asked again when the connection is ready, or by the poller.
    }
  }

  async pollPresence(): Promise<void> {
    const asked = this.#watched;
    if (!this.#options.rest || asked.length === 0) return;
    try {
      const ids = asked.map(encodeURIComponent).join(',');
      const { items } = await ask<{ items: { user_id: string; present: boolean }[] }>(this.#options.rest, 'GET', `/messaging/presence?user_ids=${ids}`);
      for (const { user_id: id, present } of items) if (this.#watched.includes(id)) this.#options.onPresence(id, present);
    } catch {
      // Presence is never worth an error.
    }
  }

  /** The server can be reached again. */
  resume(isReady: boolean): void {
    for (const [id, seq] of this.#reads) this.read(id, seq).catch(() => undefined);
    if (Object.keys(this.#delivered).length > 0) this.#deliveredTimer ??= setTimeout(() => void this.#sendDelivered(), DELIVERED_AFTER_MS);
    if (isReady && this.#watched.length > 0) void this.refreshPresence();
  }

  clear(): void {
    this.#turn += 1;
    clearTimeout(this.#deliveredTimer);
    clearTimeout(this.#againTimer);
    this.#deliveredTimer = this.#againTimer = undefined;
    for (const giveUp of this.#waiting) giveUp();
    this.#canDeliver = true;
    this.#reads.clear();
    this.#settle();
    this.#delivered = {};
    this.#confirmed.clear();
    this.#typedAt.clear();
    this.#watched = [];
  }

  /** After a lost connection `resume` does it; here the server has answered, and no such moment will come. */
  #laterAgain(error: unknown): void {
    const { code, status, retryAfterMs } = failureOf(error);
    if (code === 'offline' || status === 0) return;
    this.#againTimer ??= setTimeout(() => {
      this.#againTimer = undefined;
      this.resume(false);
    }, Math.max(AGAIN_AFTER_MS, retryAfterMs ?? 0));
  }

  async #sendDelivered(): Promise<void> {
    const turn = this.#turn;
    this.#deliveredTimer = undefined;
    const entries = Object.entries(this.#delivered);
    const batch = entries.slice(0, MAX_DELIVERED);
    this.#delivered = Object.fromEntries(entries.slice(MAX_DELIVERED));
    if (batch.length === 0) return;
    const conversations = Object.fromEntries(batch);
    try {
      await this.#either({ type: 'delivered', conversations }, 'POST', '/conversations/delivered', { conversations });
      if (turn !== this.#turn) return;
      for (const [id, seq] of batch) this.#confirmed.set(id, Math.max(seq, this.#confirmed.get(id) ?? 0));
    } catch (error) {
      if (turn !== this.#turn) return;
      const { isTemporary, status } = failureOf(error);
      // Goes out with the next one, or when the connection is back.
      if (isTemporary) {
        for (const [id, seq] of batch) this.#delivered[id] = Math.max(seq, this.#delivered[id] ?? 0);
        this.#laterAgain(error);
      } else if (status === 404 || status === 405) this.#canDeliver = false;
      return;
    }
    if (entries.length > MAX_DELIVERED) this.#deliveredTimer ??= setTimeout(() => void this.#sendDelivered(), DELIVERED_AFTER_MS);
  }

  /** The socket first, it is open anyway; REST when it is not. */
  async #either<R>(frame: RequestFrame, method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', twin: string, body?: unknown): Promise<R> {
    const { request, rest } = this.#options;
    const turn = this.#turn;
    try {
      return await request<R>(frame);
    } catch (error) {
      if (turn !== this.#turn || !rest || !(error instanceof LiveError) || !ONLY_THE_SOCKET.has(error.code)) throw error;
      return ask<R>(rest, method, twin, body);
    }
  }

  #wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const goOn = () => {
        clearTimeout(timer);
        this.#waiting.delete(goOn);
        resolve();
      };
      const timer = setTimeout(goOn, milliseconds);
      this.#waiting.add(goOn);
    });
  }

  async #again<R>(act: () => Promise<R>): Promise<R> {
    const turn = this.#turn;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await act();
      } catch (error) {
        const { isTemporary, retryAfterMs } = failureOf(error);
        if (!isTemporary || attempt >= TRIES || turn !== this.#turn) throw error;
        const wait = Math.max(retryAfterMs ?? 0, backoffDelay(attempt, this.#options.random));
        await this.#wait(wait);
        if (turn !== this.#turn) throw error;
      }
    }
  }
}

/** The socket answers `{message}`, REST the message itself. */
function unwrap<M extends object>(answer: M | { message: M }): M {
  return 'message' in answer ? (answer.message as M) : (answer as M);
}
