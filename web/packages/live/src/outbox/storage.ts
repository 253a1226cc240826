// Where drafts and unsent messages wait. What is stored is what was written; how a try is going is nobody's business after
// a reload.
import type { DraftMark, ImageRef } from '../protocol';

/** A picture that has not been uploaded yet. */
export interface Attachment {
  blob: Blob;
  alt: string;
  /** Clockwise, by the person; for the option `upload`, which makes the picture. */
  rotation?: 0 | 90 | 180 | 270;
}

export interface StoredEntry {
  clientId: string;
  conversationId: string;
  body: string;
  images: ImageRef[];
  attachments: Attachment[];
  replyTo: string | null;
  forwardOf: { conversation_id: string; message_id: string } | null;
  createdAt: string;
  /** Places it among the others of this person, from whichever tab. */
  order: number;
  /** The draft it was: its row goes in the transaction that stores this entry. */
  draft?: EndedDraft | null;
  /** Set when the server has refused it for good. */
  error: { code: string; message: string; status: number | null } | null;
}

export interface EndedDraft extends DraftMark {
  /** The server may have it, and is told that it is over. */
  isTold: boolean;
  /** Where its words are stored, and were before. */
  over: readonly Superseded[];
}

/** A row that has no more use, as long as it has these words; null: whatever it has. */
export interface Superseded {
  key: string;
  body: string | null;
}

/** Words that have not been sent. A conversation may have several: one for each tab in which something was begun. */
export interface StoredDraft {
  conversationId: string;
  /** Empty in the row that says only how far drafts of this conversation are over, by `revision`. */
  key: string;
  body: string;
  /** What it answers. */
  about: unknown;
  /** What this device and the server last agreed upon. */
  base: { key: string; body: string };
  /** The newest that was known of the server's. */
  revision: number;
  /** Where these words were stored before; these rows are about to go. */
  over: readonly Superseded[];
  /** Milliseconds since 1970. */
  at: number;
}

export interface OutboxStorage {
  load(person: string): Promise<StoredEntry[]>;
  /** With the end of the draft that it was, in one transaction. */
  put(person: string, entry: StoredEntry): Promise<void>;
  remove(person: string, clientId: string): Promise<void>;
  /** Everything of this person, drafts too. */
  clear(person: string): Promise<void>;
}

/** Beside the outbox, so that a draft becomes an entry in one transaction. */
export interface DraftStorage extends Pick<OutboxStorage, 'load'> {
  loadDrafts(person: string): Promise<StoredDraft[]>;
  putDraft(person: string, draft: StoredDraft): Promise<void>;
  removeDraft(person: string, conversationId: string, row: Superseded): Promise<void>;
}

/** The row that outlives a draft: what the server says of older revisions is old news, also after a reload. */
export function endOf({ conversationId }: StoredEntry, { revision }: EndedDraft, now: number): StoredDraft {
  return { conversationId, key: '', body: '', about: null, base: { key: '', body: '' }, revision, over: [], at: now };
}

/** Forgets everything with the page. Two outboxes that share one are two tabs. */
export class MemoryStorage implements OutboxStorage, DraftStorage {
  readonly #people = new Map<string, Map<string, StoredEntry>>();
  readonly #drafts = new Map<string, Map<string, StoredDraft>>();

  async load(person: string): Promise<StoredEntry[]> {
    return [...(this.#people.get(person)?.values() ?? [])];
  }

  async put(person: string, entry: StoredEntry): Promise<void> {
    const entries = this.#people.get(person) ?? new Map<string, StoredEntry>();
    this.#people.set(person, entries.set(entry.clientId, entry));
    if (!entry.draft) return;
    for (const row of entry.draft.over) await this.removeDraft(person, entry.conversationId, row);
    if (entry.draft.isTold) await this.putDraft(person, endOf(entry, entry.draft, Date.now()));
  }

  async remove(person: string, clientId: string): Promise<void> {
    this.#people.get(person)?.delete(clientId);
  }

  async clear(person: string): Promise<void> {
    this.#people.delete(person);
    this.#drafts.delete(person);
  }

  async loadDrafts(person: string): Promise<StoredDraft[]> {
    return [...(this.#drafts.get(person)?.values() ?? [])];
  }

  async putDraft(person: string, draft: StoredDraft): Promise<void> {
    const drafts = this.#drafts.get(person) ?? new Map<string, StoredDraft>();
    this.#drafts.set(person, drafts.set(`${draft.conversationId} ${draft.key}`, draft));
  }

  async removeDraft(person: string, conversationId: string, { key, body }: Superseded): Promise<void> {
    const drafts = this.#drafts.get(person);
    const stored = drafts?.get(`${conversationId} ${key}`);
    if (body === null || stored?.body === body) drafts?.delete(`${conversationId} ${key}`);
  }
}
