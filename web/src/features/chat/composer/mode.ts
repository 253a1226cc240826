// What the field is for: a new message, the answer to one, or the change of one of one's own. What is answered belongs to
// the draft. A change belongs to its message: it is kept on this device until the server has it, or the person lets it go.
import { useMemo, useSyncExternalStore } from 'react';
import { session, type Message } from '@/api';
import { memory } from '@/store';
import { whenOutboxOpens } from '../outbox';
import { answerTo, useDraftAbout } from './drafts';

export type ComposerMode = { type: 'reply'; message: Message } | { type: 'edit'; message: Message; text: string } | null;

interface Edit {
  message: Message;
  text: string;
}

let edits: ReadonlyMap<string, Edit> = new Map();
const listeners = new Set<() => void>();

function set(conversationId: string, edit: Edit | null): void {
  const next = new Map(edits);
  if (edit) next.set(conversationId, edit);
  else next.delete(conversationId);
  edits = next;
  for (const listener of listeners) listener();
}

const keyOf = (personId: string, conversationId: string) => `${personId} edit ${conversationId}`;

function keep(conversationId: string): void {
  const me = session.current?.me.id;
  if (!me) return;
  const edit = edits.get(conversationId);
  void (edit ? memory.set(keyOf(me, conversationId), edit) : memory.delete(keyOf(me, conversationId)));
}

whenOutboxOpens({
  open: (personId) => void load(personId),
  close: () => {
    edits = new Map();
    for (const listener of listeners) listener();
  },
});

async function load(personId: string): Promise<void> {
  const prefix = keyOf(personId, '');
  for (const key of (await memory.keys(prefix)) ?? []) {
    const edit = await memory.get<Edit>(String(key));
    const id = String(key).slice(prefix.length);
    if (edit && !edits.has(id) && session.current?.me.id === personId) set(id, edit);
  }
}

export function beginEdit(message: Message): void {
  set(message.conversation_id, { message, text: message.body });
}

export function changeEdit(conversationId: string, text: string): void {
  const edit = edits.get(conversationId);
  if (!edit) return;
  set(conversationId, { ...edit, text });
  keep(conversationId);
}

/** Of this message, where another one may be edited by now. */
export function endEdit(message: Message): void {
  if (edits.get(message.conversation_id)?.message.id !== message.id) return;
  set(message.conversation_id, null);
  keep(message.conversation_id);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useComposerMode(conversationId: string): ComposerMode {
  const edit = useSyncExternalStore(subscribe, () => edits.get(conversationId));
  const about = useDraftAbout(conversationId);
  return useMemo(() => (edit ? { type: 'edit', ...edit } : about ? { type: 'reply', message: about } : null), [edit, about]);
}

export function reply(message: Message): void {
  const edit = edits.get(message.conversation_id);
  if (edit) endEdit(edit.message);
  answerTo(message.conversation_id, message);
}
