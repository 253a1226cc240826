// The words being written in one conversation, in one tab: what becomes of them whatever happens, in whichever order.
// Pure: an event goes in, the next state and what is to be done come out. The driver does it and reports with events.
//
// Three places know a draft: the field, the store of this device, and the server. `base` is what field and server last
// agreed upon, so each can tell whether it or the other has changed. Revisions only grow, and the server refuses older
// ones, and those written upon something else than what is there; so nothing that is late can bring back what is over, and
// nothing is overwritten that was not seen.
//
// A key is `root.hand`. The root is the text's: it stays when the text is continued elsewhere, so that the field where it
// was begun can follow. The hand is the tab's that writes: a message ends the draft of its own key and no other.
import type { StoredDraft } from '../outbox/storage';
import type { DraftMark } from '../protocol';
import { NOTHING, isSameRow, type DraftEffect, type DraftEvent, type DraftState, type Text, type Tools } from './state';

const MAX_HAND = 12;

type Mutable = { -readonly [K in keyof DraftState]: DraftState[K] };

export function step(before: DraftState, event: DraftEvent, conversationId: string, tools: Tools): { state: DraftState; effects: DraftEffect[] } {
  const state: Mutable = { ...before };
  const effects: DraftEffect[] = [];
  note(state, event, effects, tools);
  follow(state, tools);
  plan(state, event, effects, conversationId, tools);
  return { state, effects };
}

/** Whether the server does not have what is in the field. */
export function isDirty(state: DraftState, tools: Pick<Tools, 'isBlank'>): boolean {
  const body = wordsOf(state, tools);
  // Until it is known what becomes of a request.
  if (state.doubt > 0 || state.put) return true;
  return body === '' ? state.base.body !== '' : body !== state.base.body || state.key !== state.base.key;
}

function note(state: Mutable, event: DraftEvent, effects: DraftEffect[], tools: Tools): void {
  switch (event.type) {
    case 'typed':
      if (event.body === state.body) break;
      touch(state, tools);
      Object.assign(state, { body: event.body, refused: null, storeFailed: false, isDue: event.body === '' });
      effects.push({ type: 'wait', for: 'pause' });
      break;
    case 'answers':
      if (event.about === state.about) break;
      touch(state, tools);
      state.about = event.about;
      break;
    case 'held':
      state.isHeld = event.isHeld;
      break;
    case 'due':
      state.isDue = true;
      break;
    case 'flush':
      state.isDue = true;
      state.storeFailed = false;
      break;
    case 'loaded':
      noteLoaded(state, event, tools);
      break;
    case 'stored':
      if (state.storing === event.row) state.storing = null;
      if (event.row.key === state.key) state.stored = event.row;
      break;
    case 'erased':
      state.erasing = null;
      state.over = state.over.filter((row) => row !== event.row);
      break;
    case 'storeFailed':
      state.storing = null;
      state.erasing = null;
      state.storeFailed = true;
      break;
    case 'send':
      noteSend(state, event.body, tools);
      break;
    case 'moved':
      noteMoved(state, event.isDurable, tools);
      break;
    case 'moveFailed':
      state.sending = null;
      // What came meanwhile was put off.
      if (state.hasNews) reconcile(state, '', tools);
      break;
    case 'putDone':
      if (state.put?.revision !== event.revision) break;
      notePut(state, state.put);
      state.put = null;
      break;
    case 'putFailed':
      if (state.put?.revision !== event.revision) break;
      notePutFailed(state, event.reason, state.put, effects);
      break;
    case 'readFailed':
      state.isReading = false;
      effects.push({ type: 'wait', for: 'retry' });
      break;
    case 'remote':
      noteRemote(state, event, tools);
      break;
    case 'otherStored':
      noteOtherStored(state, event.row, event.keeps, tools);
      break;
    case 'otherErased':
      if (state.key === event.key) state.stored = null;
      break;
    case 'otherSent':
      noteOtherSent(state, event, tools);
      break;
  }
}

/** The person changes what stands here: from now on it is this tab's. */
function touch(state: Mutable, tools: Tools): void {
  const isContinuedElsewhere = state.hasNews && state.key !== '' && state.remote.body !== '' && rootOf(state.remote.key) === rootOf(state.key);
  if (state.key === '' || isContinuedElsewhere) rename(state, begin(tools));
  else if (!state.isTyped) rename(state, handed(state.key, tools));
  Object.assign(state, { isTyped: true, hasNews: false });
}

/** The row under the former name goes; who still writes under it in another tab stores it again. */
function rename(state: Mutable, key: string): void {
  leaveRow(state);
  Object.assign(state, { key, stored: null });
}

const begin = (tools: Tools) => handed(tools.newKey(), tools);
const rootOf = (key: string) => key.split('.')[0] ?? '';
const handed = (key: string, tools: Tools) => `${rootOf(key)}.${tools.newKey().slice(0, MAX_HAND)}`;

function noteLoaded(state: Mutable, { rows, ownKey, sent }: Extract<DraftEvent, { type: 'loaded' }>, tools: Tools): void {
  state.isLoaded = true;
  const last = rows.find((row) => row.key === '');
  const superseded = [...sent, ...rows.flatMap(({ over }) => over)];
  const isSuperseded = (row: StoredDraft) => superseded.some(({ key, body }) => key === row.key && (body === null || body === row.body));
  const drafts = rows.filter((row) => row.key !== '' && !isSuperseded(row));
  for (const row of rows) if (row.key !== '' && !drafts.includes(row)) letGo(state, row.key, row.body);
  state.newest = Math.max(state.newest, ...rows.map((row) => row.revision));
  if (last && last.revision > state.remote.revision) Object.assign(state, { remote: { ...NOTHING, revision: last.revision }, hasNews: false });
  state.told = [...state.told, ...drafts.map((row) => row.key)];
  const row = drafts.find(({ key }) => key === ownKey) ?? drafts.toSorted((a, b) => b.at - a.at)[0];
  if (!row || state.sending) return;
  const { key, body, about, base } = row;
  // Written before the store could be read: that stays in the field, and the other has its row until the field is empty.
  if (state.key !== '') {
    // Emptied, which the server has not heard of: what is written now takes its place.
    if (body !== '' || about !== null) return;
    rename(state, handed(key, tools));
    state.base = base;
    letGo(state, key);
    if (row.revision > state.remote.revision) state.remote = { ...base, revision: row.revision };
    return;
  }
  // What another tab has written gets another hand when it is changed here.
  Object.assign(state, { key, body, about, base, isTyped: key === ownKey, stored: row });
  if (row.revision >= state.remote.revision) Object.assign(state, { remote: { ...base, revision: row.revision }, hasNews: false });
  else reconcile(state, base.body, tools);
}

function noteSend(state: Mutable, body: string, tools: Tools): void {
  if (state.sending) return;
  const key = state.key || begin(tools);
  // What the server has became this text: it ends with it.
  const isContinued = !state.hasNews && state.remote.body !== '' && rootOf(state.remote.key) === rootOf(key);
  const isTold = isContinued || state.told.includes(key);
  const after = isContinued ? state.remote.revision : 0;
  const revision = nextRevision(state, tools);
  state.key = key;
  // Where it was only taken over, the tab that writes in it may have gone on.
  const own = [{ key, body: state.isTyped ? null : state.body }];
  const over = [...own, ...state.over.filter((row) => row.key !== key)];
  state.sending = { text: { key, body: state.body }, body, about: state.about, draft: { key, revision, after, isTold, over }, isMoving: false };
}

function noteMoved(state: Mutable, isDurable: boolean, tools: Tools): void {
  if (!state.sending) return;
  const { text, draft } = state.sending;
  // What was typed while it was being stored is the beginning of the next one.
  const rest = state.body.startsWith(text.body) ? state.body.slice(text.body.length) : state.body;
  end(state, text.key, draft.isTold ? draft.revision : 0);
  if (!isDurable) letGo(state, text.key);
  Object.assign(state, { sending: null, body: rest, key: rest === '' ? '' : begin(tools), isTyped: rest !== '' });
}

/** The text is a message now, and its row is gone with it. */
function end(state: Mutable, key: string, revision: number): void {
  Object.assign(state, { key: '', body: '', about: null, isTyped: false, base: NOTHING, stored: null, doubt: 0, refused: null, hasNews: false });
  state.told = state.told.filter((each) => each !== key);
  state.newest = Math.max(state.newest, revision);
  if (revision > state.remote.revision) state.remote = { key, body: '', revision };
  // On its way to the store it would be there again.
  if (state.storing?.key === key) letGo(state, key);
}

function letGo(state: Mutable, key: string, body: string | null = null): void {
  if (key !== '' && !state.over.some((row) => row.key === key)) state.over = [...state.over, { key, body }];
}

/** The row of what stands here goes. Where it was only taken over, another tab may have written on: then it keeps it. */
function leaveRow(state: Mutable): void {
  if (state.isTyped) letGo(state, state.key);
  else if (state.stored) letGo(state, state.stored.key, state.stored.body);
}

function notePut(state: Mutable, put: Text & DraftMark): void {
  if (put.revision > state.remote.revision) state.remote = { key: put.key, body: put.body, revision: put.revision };
  // The text is over meanwhile; the message says so to the server.
  if (rootOf(put.key) !== rootOf(state.key)) return;
  state.base = { key: put.key, body: put.body };
  state.doubt = 0;
  // Somebody else's, which came while ours was on its way, is newer only if its revision is.
  if (state.remote.revision <= put.revision) state.hasNews = false;
}

function notePutFailed(state: Mutable, reason: 'lost' | 'outdated' | 'refused', put: Text & DraftMark, effects: DraftEffect[]): void {
  state.put = null;
  if (rootOf(put.key) !== rootOf(state.key)) return;
  state.isDue = false;
  if (reason === 'refused') state.refused = put.body;
  if (reason === 'lost') {
    state.doubt = put.revision;
    effects.push({ type: 'wait', for: 'retry' });
  }
  if (reason === 'outdated') {
    state.isReading = true;
    effects.push({ type: 'read' });
  }
}

function noteRemote(state: Mutable, { key, body, revision }: Extract<DraftEvent, { type: 'remote' }>, tools: Tools): void {
  const wasReading = state.isReading;
  state.isReading = false;
  // The server refused it as older than what is there: it goes again, as the newest.
  if (wasReading) state.isDue = true;
  if (revision <= state.remote.revision) return;
  const before = state.remote;
  state.remote = { key, body, revision };
  state.newest = Math.max(state.newest, revision);
  reconcile(state, before.body, tools);
}

/** What the server has and what stands here, when either has just become known. */
function reconcile(state: Mutable, former: string, tools: Tools): void {
  const { key, body, revision } = state.remote;
  // Our own words, or what they were a moment ago.
  if (key === state.key && (state.isTyped ? body !== '' : body === wordsOf(state, tools))) {
    Object.assign(state, { base: { key, body }, doubt: revision >= state.doubt ? 0 : state.doubt, hasNews: false });
    return;
  }
  const isRelated = state.key !== '' && rootOf(key) === rootOf(state.key);
  const isSent = body === '' && isRelated && former === state.body && !isDirty(state, tools);
  if (isSent && !state.sending) {
    // The very words that stand here were sent from elsewhere.
    const own = state.isTyped ? state.key : '';
    end(state, key, revision);
    letGo(state, own);
    return;
  }
  const isContained = !state.isTyped && body.startsWith(wordsOf(state, tools)) && !state.put;
  if (isRelated && isContained) state.base = { key: state.key, body: wordsOf(state, tools) };
  // What stands here has gone on from there, before that was known here: a message of it ends that too.
  if (isRelated && body !== '' && wordsOf(state, tools).startsWith(body)) {
    Object.assign(state, { base: { key, body }, hasNews: false });
    return;
  }
  // Both have gone on from the same words: this is another text now.
  if (isRelated && body !== '' && !state.sending && isDirty(state, tools)) {
    rename(state, begin(tools));
    Object.assign(state, { isTyped: true, isDue: true });
    return;
  }
  state.hasNews = true;
}

/** Another tab has written on in the text that is here. This field follows, or one of the two goes on under another name. */
function noteOtherStored(state: Mutable, row: StoredDraft, keeps: boolean, tools: Tools): void {
  state.newest = Math.max(state.newest, row.revision);
  if (row.key === '' || state.sending || !state.isLoaded) return;
  const isFree = !state.isHeld && !state.put && !isDirty(state, tools) && (state.key === row.key || (state.body === '' && state.about === null && state.remote.body === ''));
  if (isFree) {
    const { key, body, about, base } = row;
    Object.assign(state, { key, body, about, isTyped: false, base, stored: row, told: [...state.told, key] });
  } else if (state.key === row.key && state.body !== row.body) {
    // Its row has the words of the other now: they are written again, here or there under another name.
    state.stored = null;
    // What was only looked at is the other's, and must not become a draft of its own.
    if (!keeps && state.isTyped) fork(state, tools);
  }
}

function noteOtherSent(state: Mutable, { key, body, revision }: Extract<DraftEvent, { type: 'otherSent' }>, tools: Tools): void {
  if (key !== state.key || state.sending) {
    if (revision > state.remote.revision) state.remote = { key, body: '', revision };
    state.newest = Math.max(state.newest, revision);
  } else if (body.startsWith(state.body)) {
    // The same words, or what they were a moment ago.
    if (isToldLater(state, revision)) {
      // The message does not end what was put after it: that is taken back, as if the field had been emptied.
      Object.assign(state, { body: '', about: null, isDue: true });
      return;
    }
    leaveRow(state);
    end(state, key, revision);
  } else {
    const { body: own, about } = state;
    // It has other words than those that were sent, and stayed.
    leaveRow(state);
    end(state, key, revision);
    Object.assign(state, { body: own, about, key: begin(tools), isTyped: true });
  }
}

/** The server has heard of this text, or will, under a revision that the message does not know. */
function isToldLater({ isTyped, key, put, remote, doubt }: DraftState, revision: number): boolean {
  return isTyped && ((put?.key === key && put.revision > revision) || (remote.key === key && remote.body !== '' && remote.revision > revision) || doubt > revision);
}

/** The same words under a name of their own; the server hears of them when they change. */
function fork(state: Mutable, tools: Tools): void {
  state.key = handed(state.key, tools);
  state.base = { key: state.key, body: wordsOf(state, tools) };
  Object.assign(state, { isTyped: true, stored: null, doubt: 0, hasNews: false });
}

/** Takes over what the server has, where nobody is writing and nothing would be lost. */
function follow(state: Mutable, tools: Tools): void {
  if (!state.hasNews || !state.isLoaded || state.isHeld || state.put || state.sending || isDirty(state, tools)) return;
  const { key, body } = state.remote;
  const isSame = rootOf(state.key) === rootOf(key);
  // Written here, and something else on another device: both stay where they are.
  if (!isSame && (state.about !== null || ((state.isTyped || state.stored) && state.body !== ''))) return;
  state.hasNews = false;
  if (state.key !== key || body === '') leaveRow(state);
  if (body === '') Object.assign(state, { key: '', body, about: null, isTyped: false, base: NOTHING, stored: null });
  else Object.assign(state, { key, body, about: isSame ? state.about : null, isTyped: false, base: { key, body }, stored: null });
}

function plan(state: Mutable, event: DraftEvent, effects: DraftEffect[], conversationId: string, tools: Tools): void {
  const isFlush = event.type === 'flush';
  if (state.sending && !state.sending.isMoving && !state.storing && !state.erasing) {
    state.sending = { ...state.sending, isMoving: true };
    effects.push({ type: 'move', sending: state.sending });
  }
  if (!state.sending && !state.storeFailed) planStore(state, isFlush, effects, conversationId, tools);
  planPut(state, effects, tools);
}

function planStore(state: Mutable, isFlush: boolean, effects: DraftEffect[], conversationId: string, tools: Tools): void {
  const isEmpty = state.body === '' && state.about === null;
  // Emptied, but the server may still have it: the row stays until the server has heard.
  const isOver = state.key === '' || (isEmpty && !isDirty(state, tools));
  if (isOver && state.stored) {
    leaveRow(state);
    state.stored = null;
  }
  if (!isOver) state.over = state.over.filter(({ key }) => key !== state.key);
  // What was taken over from elsewhere has its place there.
  if (!isOver && state.isTyped && !isSameRow(state.storing ?? state.stored, state)) {
    if (state.erasing || (state.storing && !isFlush)) return;
    const { key, body, about, base, hasNews, remote } = state;
    const row = { conversationId, key, body, about, base, revision: hasNews ? 0 : remote.revision, over: state.over, at: tools.now() };
    state.storing = row;
    effects.push({ type: 'store', row });
    return;
  }
  // What goes goes last: until then its words may have no other place.
  const [over] = state.over;
  if (over === undefined || state.erasing || state.storing) return;
  state.erasing = over;
  effects.push({ type: 'erase', row: over });
}

const isSameWords = ({ stored, key, body }: DraftState) => stored !== null && stored.key === key && stored.body === body;

function planPut(state: Mutable, effects: DraftEffect[], tools: Tools): void {
  // What another tab has begun is told by that one.
  if (!state.isTyped || !state.isLoaded || !state.isDue || state.put || state.isReading || state.sending || !isDirty(state, tools)) return;
  // The store first, so that it never has less than the server.
  if (!state.storeFailed && !isSameWords(state)) return;
  const body = wordsOf(state, tools);
  if (state.refused === body || tools.isTooLong(body)) return;
  const key = state.key || state.base.key;
  const after = state.remote.revision;
  const revision = nextRevision(state, tools);
  state.isDue = false;
  state.put = { key, body, revision };
  state.told = state.told.includes(key) ? state.told : [...state.told, key];
  effects.push({ type: 'put', body, mark: { key, revision, after } });
}

function nextRevision(state: Mutable, tools: Tools): number {
  state.newest = Math.max(state.newest + 1, tools.now());
  return state.newest;
}

function wordsOf({ body }: DraftState, { isBlank }: Pick<Tools, 'isBlank'>): string {
  return isBlank(body) ? '' : body;
}
