// What the machine of a draft knows, hears and asks for.
import type { EndedDraft, StoredDraft, Superseded } from '../outbox/storage';
import type { DraftMark } from '../protocol';

/** Which text, and its words. No words: there is no draft. */
export interface Text {
  key: string;
  body: string;
}

export interface Sending {
  text: Text;
  /** What is to be sent: the words as they were in the field may have blanks around them. */
  body: string;
  about: unknown;
  draft: EndedDraft;
  isMoving: boolean;
}

export interface DraftState {
  readonly key: string;
  readonly body: string;
  readonly about: unknown;
  /** Begun or changed in this tab, and not only shown in it. */
  readonly isTyped: boolean;
  /** The field has the focus and can be seen: nobody but the person changes it. */
  readonly isHeld: boolean;
  /** What the store has is known. */
  readonly isLoaded: boolean;
  readonly base: Text;
  /** The newest of the server that is known. */
  readonly remote: Text & { revision: number };
  /** `remote` is not in the field yet. */
  readonly hasNews: boolean;
  /** The greatest revision seen or used. */
  readonly newest: number;
  /** Keys that a request has carried, or may have before this page was loaded. */
  readonly told: readonly string[];
  /** Under way to the server, one at a time. */
  readonly put: (Text & DraftMark) | null;
  /** The revision of a request that was lost: nobody knows whether it arrives. Otherwise 0. */
  readonly doubt: number;
  readonly isDue: boolean;
  readonly isReading: boolean;
  /** Words that the server does not take. */
  readonly refused: string | null;
  /** The row of this text in the store, as far as is known. */
  readonly stored: StoredDraft | null;
  /** Under way to the store. */
  readonly storing: StoredDraft | null;
  /** Rows that are to go. */
  readonly over: readonly Superseded[];
  readonly erasing: Superseded | null;
  /** The store has failed; it is tried again with the next change. */
  readonly storeFailed: boolean;
  readonly sending: Sending | null;
}

export type DraftEvent =
  | { type: 'typed'; body: string }
  | { type: 'answers'; about: unknown }
  | { type: 'held'; isHeld: boolean }
  | { type: 'due' }
  /** The connection is back, or the page is about to go: what waits is done now. */
  | { type: 'flush' }
  | { type: 'loaded'; rows: readonly StoredDraft[]; ownKey: string | null; sent: readonly Superseded[] }
  | { type: 'stored'; row: StoredDraft }
  | { type: 'erased'; row: Superseded }
  | { type: 'storeFailed' }
  | { type: 'send'; body: string }
  | { type: 'moved'; isDurable: boolean }
  | { type: 'moveFailed' }
  | { type: 'putDone'; revision: number }
  | { type: 'putFailed'; revision: number; reason: 'lost' | 'outdated' | 'refused' }
  | { type: 'readFailed' }
  | { type: 'remote'; body: string; key: string; revision: number }
  /** Another tab of this device has stored a draft, let go of one, or sent it. Of two that write in one, `keeps` it one. */
  | { type: 'otherStored'; row: StoredDraft; keeps: boolean }
  | { type: 'otherErased'; key: string }
  | { type: 'otherSent'; key: string; body: string; revision: number };

export type DraftEffect =
  | { type: 'store'; row: StoredDraft }
  | { type: 'erase'; row: Superseded }
  /** Into the outbox, in one transaction with the end of the draft. */
  | { type: 'move'; sending: Sending }
  | { type: 'put'; body: string; mark: DraftMark }
  | { type: 'read' }
  /** Calls back with `due`. */
  | { type: 'wait'; for: 'pause' | 'retry' };

export interface Tools {
  now: () => number;
  newKey: () => string;
  isBlank: (text: string) => boolean;
  /** What the server would refuse for its length stays here. */
  isTooLong: (text: string) => boolean;
}

export const NOTHING: Text = { key: '', body: '' };

export const EMPTY: DraftState = {
  ...NOTHING,
  about: null,
  isTyped: false,
  isHeld: false,
  isLoaded: false,
  base: NOTHING,
  remote: { ...NOTHING, revision: 0 },
  hasNews: false,
  newest: 0,
  told: [],
  put: null,
  doubt: 0,
  isDue: false,
  isReading: false,
  refused: null,
  stored: null,
  storing: null,
  over: [],
  erasing: null,
  storeFailed: false,
  sending: null,
};

/** Whether the store has, or is about to have, what stands here. */
export function isSameRow(row: StoredDraft | null, { key, body, about, base }: DraftState): boolean {
  return row !== null && row.key === key && row.body === body && row.about === about && row.base.key === base.key && row.base.body === base.body;
}
