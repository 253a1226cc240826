// Where unsent messages wait. What is stored is what was written; how a try is going is nobody's business after a reload.
import type { ImageRef } from '../protocol';

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
  /** Set when the server has refused it for good. */
  error: { code: string; message: string; status: number | null } | null;
}

export interface OutboxStorage {
  load(person: string): Promise<StoredEntry[]>;
  put(person: string, entry: StoredEntry): Promise<void>;
  remove(person: string, clientId: string): Promise<void>;
  clear(person: string): Promise<void>;
}

/** Forgets everything with the page. Two outboxes that share one are two tabs. */
export class MemoryStorage implements OutboxStorage {
  readonly #people = new Map<string, Map<string, StoredEntry>>();

  async load(person: string): Promise<StoredEntry[]> {
    return [...(this.#people.get(person)?.values() ?? [])];
  }

  async put(person: string, entry: StoredEntry): Promise<void> {
    const entries = this.#people.get(person) ?? new Map<string, StoredEntry>();
    this.#people.set(person, entries.set(entry.clientId, entry));
  }

  async remove(person: string, clientId: string): Promise<void> {
    this.#people.get(person)?.delete(clientId);
  }

  async clear(person: string): Promise<void> {
    this.#people.delete(person);
  }
}
