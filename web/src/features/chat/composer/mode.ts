// What the field is for: a new message, the answer to one, or the change of one of one's own. What is answered belongs to
// the draft. A change belongs to its message: it is kept on this device until the server has it, or the person lets it go,
// also while another message is edited or answered.
import { useMemo, useSyncExternalStore } from 'react';
import { session, type Message } from '@/api';
import { memory } from '@/store';
import { whenOutboxOpens } from '../outbox';
import { answerTo, useDraftAbout } from './drafts';

export type ComposerMode = { type: 'reply'; message: Message } | { type: 'edit'; message: Message; text: string } | null;

interface Edit {
  message: Message;
  text: string;
  /** In the field. Otherwise something else is there, and the change waits until its message is edited again. */
  isOpen: boolean;
}

/** By message. */
let edits: ReadonlyMap<string, Edit> = new Map();
const listeners = new Set<() => void>();

const keyOf = (personId: string, conversationId = '', messageId = '') => `${personId} edit ${conversationId} ${messageId}`.trimEnd();

function set(next: ReadonlyMap<string, Edit>): void {
  edits = next;
  for (const listener of listeners) listener();
}

function put(edit: Edit): void {
  set(new Map(edits).set(edit.message.id, edit));
  keep(edit.message);
}

function remove({ message }: Pick<Edit, 'message'>): void {
  set(new Map([...edits].filter(([id]) => id !== message.id)));
  keep(message);
}

/** On the disk is what would be lost: a text that is not the message's own. */
function keep({ id, body, conversation_id: conversationId }: Message): void {
  const me = session.current?.me.id;
  if (!me) return;
  const edit = edits.get(id);
  const key = keyOf(me, conversationId, id);
  void (edit && edit.text !== body ? memory.set(key, edit) : memory.delete(key));
}

whenOutboxOpens({ open: (personId) => void load(personId), close: () => set(new Map()) });

async function load(personId: string): Promise<void> {
  for (const key of (await memory.keys(`${keyOf(personId)} `)) ?? []) {
    const edit = await memory.get<Edit>(String(key));
    if (!edit || session.current?.me.id !== personId || edits.has(edit.message.id)) continue;
    // What the person has begun meanwhile stays in the field.
    set(new Map(edits).set(edit.message.id, { ...edit, isOpen: edit.isOpen && !openEdit(edit.message.conversation_id) }));
  }
}

export function openEdit(conversationId: string): Edit | undefined {
  return [...edits.values()].find(({ message, isOpen }) => isOpen && message.conversation_id === conversationId);
}

export function beginEdit(message: Message): void {
  setAside(message.conversation_id);
  put({ message, text: edits.get(message.id)?.text ?? message.body, isOpen: true });
}

export function changeEdit(conversationId: string, text: string): void {
  const edit = openEdit(conversationId);
  if (edit) put({ ...edit, text });
}

/** It is saved, or not wanted. */
export function endEdit(message: Message): void {
  remove({ message });
}

/** Something else comes into the field. */
function setAside(conversationId: string): void {
  const edit = openEdit(conversationId);
  if (!edit) return;
  if (edit.text === edit.message.body) remove(edit);
  else put({ ...edit, isOpen: false });
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useComposerMode(conversationId: string): ComposerMode {
  const edit = useSyncExternalStore(subscribe, () => openEdit(conversationId));
  const about = useDraftAbout(conversationId);
  return useMemo(() => (edit ? { type: 'edit', message: edit.message, text: edit.text } : about ? { type: 'reply', message: about } : null), [edit, about]);
}

export function reply(message: Message): void {
  setAside(message.conversation_id);
  answerTo(message.conversation_id, message);
}
