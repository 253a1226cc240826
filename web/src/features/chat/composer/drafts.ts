// Half-written messages: kept on this device at every key, and a moment later on the server, so that they can be finished
// on another one. What happens in which order is decided in the live package (drafts/machine).
import { useSyncExternalStore } from 'react';
import { messaging, newKey, type Conversation, type Message } from '@/api';
import { Drafts } from '@/live';
import { isBlank, tidyLines } from '@/text';
import { draftChannel, draftStorage, sendDurably, whenOutboxOpens, type Outgoing } from '../outbox';

export const MAX_LENGTH = 4000;

/** By how many characters a message is too long. */
export const excess = (text: string): number => Math.max(0, [...tidyLines(text)].length - MAX_LENGTH);

type Pictures = Pick<Outgoing, 'images' | 'attachments'>;

const drafts = new Drafts<Pictures>({
  storage: draftStorage,
  now: Date.now,
  newKey,
  isBlank,
  // As it is, with blanks at its ends: so the server counts a draft.
  isTooLong: (text) => [...text].length > MAX_LENGTH,
  put: (id, body, mark) => messaging.setDraft(id, body, mark),
  read: async (id) => remoteOf(await messaging.conversation(id)),
  move: (conversationId, { body, about, draft }, pictures) => sendDurably({ conversationId, body, ...pictures, replyTo: (about as Message | null)?.id, draft }),
  channel: draftChannel,
  tab: {
    read: (id) => inTab((storage) => storage.getItem(`village.draft.${id}`)),
    write: (id, key) => inTab((storage) => (key ? storage.setItem(`village.draft.${id}`, key) : storage.removeItem(`village.draft.${id}`))),
  },
});

/** Survives a reload, and is of this tab alone. It has a random name in it and no words. */
function inTab<T>(act: (storage: Storage) => T): T | null {
  try {
    return act(sessionStorage);
  } catch {
    return null; // Switched off or full; then a reload shows the draft that was written last.
  }
}

whenOutboxOpens({ open: (personId) => void drafts.open(personId), close: () => drafts.close() });

// A page that is hidden may not come back.
const flush = () => drafts.flush();
globalThis.addEventListener?.('pagehide', flush);
globalThis.document?.addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && flush());

function remoteOf({ draft, draft_mark: mark }: Pick<Conversation, 'draft' | 'draft_mark'>) {
  return { body: draft?.body ?? '', key: mark?.key ?? '', revision: mark?.revision ?? 0 };
}

export function noteRemoteDraft(conversation: Conversation): void {
  drafts.noteRemote(conversation.id, remoteOf(conversation));
}

export const readDraft = (id: string): string => drafts.of(id).body;
export const writeDraft = (id: string, body: string): void => drafts.type(id, body);
/** Chooses the message that is answered. */
export const answerTo = (id: string, message: Message | null): void => drafts.answer(id, message);
/** The field has the focus and can be seen: nobody but the person changes it. */
export const holdDraft = (id: string, isHeld: boolean): void => drafts.hold(id, isHeld);
/** Moves what stands in the field into the outbox; resolves when it is stored there, to false where that is impossible. */
export const sendDraft = (id: string, body: string, pictures: Pictures): Promise<boolean> => drafts.send(id, body, pictures);
/** The connection is back. */
export const pushDrafts = flush;
export const clearDrafts = (): void => drafts.close();

export function useDraft(id: string): string {
  return useSyncExternalStore(drafts.subscribe, () => readDraft(id));
}

/** Beside the words: what they answer, and whether they are on their way into the outbox. */
export function useDraftAbout(id: string): Message | null {
  return useSyncExternalStore(drafts.subscribe, () => drafts.of(id).about as Message | null);
}

export function useIsSending(id: string): boolean {
  return useSyncExternalStore(drafts.subscribe, () => drafts.of(id).sending !== null);
}
