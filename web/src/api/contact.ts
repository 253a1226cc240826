// Whether the server was reached the last time anything was asked. The browser's own word ("online") only says that
// there is a network, not that it leads anywhere.
export interface Contact {
  isReached: boolean;
  /** When the server last answered, in milliseconds since the epoch; null before its first answer on this page. */
  at: number | null;
}

type Listener = (contact: Contact) => void;

export class ContactStore {
  #current: Contact;
  readonly #listeners = new Set<Listener>();
  readonly #now: () => number;

  constructor(isReached = true, now: () => number = Date.now) {
    this.#current = { isReached, at: null };
    this.#now = now;
  }

  get current(): Contact {
    return this.#current;
  }

  /** Listeners hear only of a change, not of every answer. */
  note(isReached: boolean): void {
    const before = this.#current;
    this.#current = { isReached, at: isReached ? this.#now() : before.at };
    if (before.isReached === isReached && (before.at === null) === (this.#current.at === null)) return;
    for (const listener of this.#listeners) listener(this.#current);
  }

  subscribe = (listener: Listener): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}
