// What has been written and not yet acknowledged. A message gets its client_id when it is written and keeps it through
// every try, reload and tab, so the server takes it once however often it is sent. Messages of one conversation go out one
// after the other, in the order they were written; a refused one steps aside and can be tried again or discarded.
import { backoffDelay } from '../backoff';
import { failureOf, type Failure } from '../errors';
import type { ImageRef, NewMessage } from '../protocol';
import { Ledger } from './ledger';
import type { Attachment, EndedDraft, OutboxStorage, StoredEntry } from './storage';
import { broadcastChannel, webLocks, type Channel, type Lock } from './tabs';

export interface Draft {
  conversationId: string;
  body: string;
  /** Uploaded already. */
  images?: ImageRef[];
  /** To be uploaded first, by `upload`; they come after `images`. */
  attachments?: Attachment[];
  replyTo?: string;
  forwardOf?: { conversation_id: string; message_id: string };
  /** The draft that this was: it ends when the entry is stored. */
  draft?: EndedDraft;
}

export interface OutboxEntry extends StoredEntry {
  state: 'queued' | 'sending' | 'failed';
}

export type OutboxEvent<M> =
  | { type: 'queued' | 'sending' | 'failed' | 'discarded'; entry: OutboxEntry }
  /** It is the server's now. Every tab hears of it. */
  | { type: 'sent'; entry: OutboxEntry; message: M };

export interface OutboxOptions<M> {
  /** One try; see `LiveClient.send`. */
  send: (message: NewMessage) => Promise<M>;
  storage: OutboxStorage;
  /** Makes a picture a media id. May be called again with the same key, after a failure or a reload. */
  upload?: (attachment: Attachment, key: string) => Promise<string>;
  lock?: Lock;
  channel?: Channel | null;
  newId?: () => string;
  random?: () => number;
  now?: () => number;
}

type Settled<M> = Required<Omit<OutboxOptions<M>, 'upload'>> & Pick<OutboxOptions<M>, 'upload'>;
type Broadcast = { type: 'changed'; person: string } | { type: 'sent'; person: string; entry: OutboxEntry; message: unknown };

interface Line {
  isRunning: boolean;
  failures: number;
  /** Tries that the server answered by failing, of the message at the head. */
  crashes: number;
  /** Until then the server has asked us to wait; being back online changes nothing about that. */
  notBefore: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** The tab in which something was written is the one to send it; the others only see that it gets done. */
const OTHERS_WAIT_MS = 2_000;
/** A message on which the server stumbles this often must not hold up the others. */
const MAX_CRASHES = 5;

export class Outbox<M> {
  readonly #options: Settled<M>;
  readonly #listeners = new Set<(event: OutboxEvent<M>) => void>();
  readonly #watchers = new Set<() => void>();
  readonly #lines = new Map<string, Line>();
  readonly #sending = new Set<string>();
  #ledger: Ledger | null = null;
  /** The one before: what it still writes must come before it is cleared. */
  #closed: Ledger | null = null;
  #shown: readonly OutboxEntry[] = [];
  #lastOrder = 0;

  constructor(options: OutboxOptions<M>) {
    this.#options = {
      lock: webLocks,
      newId,
      random: Math.random,
      now: Date.now,
      ...options,
      channel: options.channel === undefined ? broadcastChannel('village-outbox') : options.channel,
    };
    const { channel } = this.#options;
    if (channel) channel.onmessage = (event) => void this.#onBroadcast(event.data as Broadcast);
  }

  /** In the order they were written; the same array until something changes. */
  get entries(): readonly OutboxEntry[] {
    return this.#shown;
  }

  /** Calls back after every change of `entries`. */
  subscribe = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  on(listener: (event: OutboxEvent<M>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Whose messages these are. Takes up what an earlier page of theirs has left. */
  async open(person: string): Promise<void> {
    if (this.#ledger?.person === person) return;
    this.close();
    const ledger = new Ledger(person, this.#options.storage);
    this.#ledger = ledger;
    await ledger.reload();
    if (ledger !== this.#ledger) return;
    this.#show();
    this.wake();
  }

  /** Stops sending. What is unsent stays in storage for the next time. */
  close(): void {
    for (const line of this.#lines.values()) clearTimeout(line.timer);
    this.#lines.clear();
    this.#closed = this.#ledger ?? this.#closed;
    this.#ledger = null;
    this.#show();
  }

  /** Closes, and forgets what is unsent: the person logs out on this device. */
  async clear(person = this.#ledger?.person): Promise<void> {
    this.close();
    if (person === undefined) return;
    const ledger = this.#closed?.person === person ? this.#closed : new Ledger(person, this.#options.storage);
    await ledger.clear();
    this.#tell({ type: 'changed', person });
  }

  send(draft: Draft): OutboxEntry {
    const ledger = this.#belonging(draft);
    const entry = this.#entryOf(ledger, draft);
    this.#put(ledger, entry);
    this.#begin(entry);
    return this.#view(entry);
  }

  /**
   * As `send`, but nobody sees it, and nothing is sent, before it is stored: what it was written in can be emptied once
   * this resolves. `isDurable` is false where storage failed; then it is in memory alone. Null: the person has logged out.
   */
  async sendDurably(draft: Draft): Promise<{ entry: OutboxEntry; isDurable: boolean } | null> {
    const ledger = this.#belonging(draft);
    const entry = this.#entryOf(ledger, draft);
    const isDurable = await ledger.putDurably(entry);
    if (ledger !== this.#ledger) return isDurable ? { entry: this.#view(entry), isDurable } : null;
    this.#show();
    this.#tell({ type: 'changed', person: ledger.person });
    this.#begin(entry);
    return { entry: this.#view(entry), isDurable };
  }

  #belonging(draft: Draft): Ledger {
    if (!this.#ledger) throw new Error('The outbox belongs to nobody yet: call `open` first.');
    if (draft.attachments?.length && !this.#options.upload) throw new Error('Attachments need the option `upload`.');
    return this.#ledger;
  }

  #entryOf(ledger: Ledger, draft: Draft): StoredEntry {
    const now = this.#options.now();
    this.#lastOrder = Math.max(now, this.#lastOrder + 1, ...ledger.entries.map((entry) => entry.order + 1));
    return {
      clientId: this.#options.newId(),
      conversationId: draft.conversationId,
      body: draft.body,
      images: draft.images ?? [],
      attachments: draft.attachments ?? [],
      replyTo: draft.replyTo ?? null,
      forwardOf: draft.forwardOf ?? null,
      createdAt: new Date(now).toISOString(),
      order: this.#lastOrder,
      draft: draft.draft ?? null,
      error: null,
    };
  }

  #begin(entry: StoredEntry): void {
    this.#emit({ type: 'queued', entry: this.#view(entry) });
    this.#run(entry.conversationId);
  }

  retry(clientId: string): void {
    const entry = this.#ledger?.find(clientId);
    if (!this.#ledger || !entry?.error) return;
    const again = { ...entry, error: null };
    this.#put(this.#ledger, again);
    this.#emit({ type: 'queued', entry: this.#view(again) });
    this.#run(entry.conversationId);
  }

  /** One that is on its way right now may still arrive. */
  discard(clientId: string): void {
    const ledger = this.#ledger;
    const entry = ledger?.find(clientId);
    if (!ledger || !entry) return;
    this.#remove(ledger, clientId);
    this.#emit({ type: 'discarded', entry: this.#view(entry) });
  }

  /** The server can be reached again, or may be: tries now what was waiting for that. */
  wake(): void {
    for (const id of new Set(this.#ledger?.entries.map((entry) => entry.conversationId))) this.#run(id);
  }

  #run(conversationId: string): void {
    const line = this.#line(conversationId);
    if (line.isRunning) return;
    clearTimeout(line.timer);
    const wait = line.notBefore - this.#options.now();
    if (wait > 0) this.#runLater(conversationId, wait);
    else void this.#drain(conversationId, line);
  }

  #runLater(conversationId: string, wait: number): void {
    const line = this.#line(conversationId);
    clearTimeout(line.timer);
    line.timer = setTimeout(() => this.#run(conversationId), wait);
  }

  #line(conversationId: string): Line {
    let line = this.#lines.get(conversationId);
    if (!line) {
      line = { isRunning: false, failures: 0, crashes: 0, notBefore: 0, timer: undefined };
      this.#lines.set(conversationId, line);
    }
    return line;
  }

  async #drain(conversationId: string, line: Line): Promise<void> {
    const ledger = this.#ledger;
    if (!ledger) return;
    line.isRunning = true;
    let wait: number | null = 0;
    try {
      while (wait === 0 && head(ledger, conversationId)) {
        wait = await this.#options.lock(`village-outbox/${ledger.person}/${conversationId}`, () => this.#sendHead(ledger, conversationId, line));
      }
    } catch {
      wait = backoffDelay(line.failures, this.#options.random);
    } finally {
      line.isRunning = false;
    }
    if (ledger !== this.#ledger) return;
    if (wait) this.#runLater(conversationId, wait);
    // Written at the very moment when there was nothing left.
    else if (head(ledger, conversationId)) this.#run(conversationId);
    // Whoever has sent it, the row of failures is over.
    else Object.assign(line, { failures: 0, crashes: 0, notBefore: 0 });
  }

  /** Zero: go on with the next. Null: there is none. Otherwise how long to wait before another try. */
  async #sendHead(ledger: Ledger, conversationId: string, line: Line): Promise<number | null> {
    // Another tab may have sent it while this one waited for its turn.
    await ledger.reload();
    if (ledger !== this.#ledger) return null;
    const stored = head(ledger, conversationId);
    if (!stored) {
      this.#show();
      return null;
    }
    this.#sending.add(stored.clientId);
    this.#show();
    this.#emit({ type: 'sending', entry: this.#view(stored) });
    try {
      const entry = await this.#upload(ledger, stored);
      // It was discarded meanwhile, or another person is logged in now, for whom it would be sent.
      if (ledger !== this.#ledger || !ledger.find(stored.clientId)) {
        this.#sending.delete(stored.clientId);
        this.#show();
        return 0;
      }
      const message = await this.#options.send(toMessage(entry));
      this.#sending.delete(stored.clientId);
      Object.assign(line, { failures: 0, crashes: 0, notBefore: 0 });
      await this.#onSent(ledger, entry, message);
      return 0;
    } catch (error) {
      this.#sending.delete(stored.clientId);
      return this.#onFailure(ledger, line, ledger.find(stored.clientId), failureOf(error));
    }
  }

  async #onSent(ledger: Ledger, entry: StoredEntry, message: M): Promise<void> {
    const sent = this.#view(entry);
    const removed = ledger.remove(entry.clientId);
    // Both in one step, so that no screen shows it twice or not at all in between.
    if (ledger === this.#ledger) this.#emit({ type: 'sent', entry: sent, message });
    this.#show();
    await removed;
    this.#tell({ type: 'sent', person: ledger.person, entry: { ...sent, attachments: [] }, message });
  }

  #onFailure(ledger: Ledger, line: Line, entry: StoredEntry | undefined, failure: Failure): number {
    const { code, message, status, isTemporary, retryAfterMs } = failure;
    const isCrash = code === 'internal' || status === 500;
    line.crashes = isCrash ? line.crashes + 1 : line.crashes;
    // It was discarded meanwhile, or this is another person's turn.
    if (!entry || ledger !== this.#ledger) {
      this.#show();
      return 0;
    }
    if (isTemporary && line.crashes < MAX_CRASHES) {
      const wait = Math.max(1, retryAfterMs ?? 0, backoffDelay(line.failures, this.#options.random));
      line.failures += 1;
      if (retryAfterMs) line.notBefore = this.#options.now() + wait;
      this.#show();
      this.#emit({ type: 'queued', entry: this.#view(entry) });
      return wait;
    }
    line.crashes = 0;
    const failed = { ...entry, error: { code, message, status } };
    this.#put(ledger, failed);
    this.#emit({ type: 'failed', entry: this.#view(failed) });
    return 0;
  }

  /** One picture after the other; what is uploaded stays uploaded, whatever happens to the next. */
  async #upload(ledger: Ledger, stored: StoredEntry): Promise<StoredEntry> {
    const { upload } = this.#options;
    if (!upload) return stored;
    let entry = stored;
    for (let next = entry.attachments[0]; next; next = entry.attachments[0]) {
      const mediaId = await upload(next, `${entry.clientId}-${entry.images.length}`);
      entry = { ...entry, images: [...entry.images, { media_id: mediaId, alt: next.alt }], attachments: entry.attachments.slice(1) };
      if (ledger.find(entry.clientId)) this.#put(ledger, entry);
    }
    return entry;
  }

  async #onBroadcast(message: Broadcast): Promise<void> {
    const ledger = this.#ledger;
    if (!ledger || message.person !== ledger.person) return;
    await ledger.reload();
    if (ledger !== this.#ledger) return;
    if (message.type === 'sent') this.#emit({ type: 'sent', entry: message.entry, message: message.message as M });
    this.#show();
    for (const id of new Set(ledger.entries.map((entry) => entry.conversationId))) {
      const line = this.#line(id);
      if (!line.isRunning && line.failures === 0 && head(ledger, id)) this.#runLater(id, OTHERS_WAIT_MS);
    }
  }

  #put(ledger: Ledger, entry: StoredEntry): void {
    const saved = ledger.put(entry);
    this.#show();
    void saved.then(() => this.#tell({ type: 'changed', person: ledger.person }));
  }

  #remove(ledger: Ledger, clientId: string): void {
    const saved = ledger.remove(clientId);
    this.#show();
    void saved.then(() => this.#tell({ type: 'changed', person: ledger.person }));
  }

  #tell(message: Broadcast): void {
    this.#options.channel?.postMessage(message);
  }

  #view(entry: StoredEntry): OutboxEntry {
    return { ...entry, state: entry.error ? 'failed' : this.#sending.has(entry.clientId) ? 'sending' : 'queued' };
  }

  #show(): void {
    this.#shown = this.#ledger?.entries.map((entry) => this.#view(entry)) ?? [];
    for (const watcher of this.#watchers) watcher();
  }

  #emit(event: OutboxEvent<M>): void {
    for (const listener of this.#listeners) listener(event);
  }
}

function head(ledger: Ledger, conversationId: string): StoredEntry | undefined {
  return ledger.entries.find((entry) => entry.conversationId === conversationId && !entry.error);
}

function toMessage({ conversationId, clientId, body, images, replyTo, forwardOf, draft }: StoredEntry): NewMessage {
  return {
    conversation_id: conversationId,
    client_id: clientId,
    body,
    // Left out when there is none: older servers refuse fields they do not know.
    ...(images.length > 0 ? { images } : {}),
    ...(replyTo ? { reply_to: replyTo } : {}),
    ...(forwardOf ? { forward_of: forwardOf } : {}),
    ...(draft?.isTold ? { draft: { key: draft.key, revision: draft.revision, after: draft.after ?? 0 } } : {}),
  };
}

/** `randomUUID` exists only in secure contexts; a village at home may run on plain http. */
function newId(): string {
  if (typeof globalThis.crypto.randomUUID === 'function') return globalThis.crypto.randomUUID();
  return Array.from(globalThis.crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
