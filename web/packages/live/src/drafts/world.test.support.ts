// One conversation of one person: devices with a store, tabs with a field each, a network that delays, loses, repeats and
// reorders, and the server's rules. Nothing here has a clock: whoever plays chooses what happens next.
import type { EndedDraft, StoredDraft, Superseded } from '../outbox/storage';
import { step } from './machine';
import { EMPTY, type DraftEffect, type DraftEvent, type DraftState, type Tools } from './state';

type Remote = Extract<DraftEvent, { type: 'remote' }>;

interface Server {
  body: string;
  key: string;
  revision: number;
  messages: Map<string, string>;
  /** Every state there was: a frame may tell of any of them, late. */
  past: Remote[];
}

interface Entry {
  clientId: string;
  body: string;
  draft: EndedDraft;
}

export interface Device {
  rows: Map<string, StoredDraft>;
  entries: Map<string, Entry>;
  isBroken: boolean;
  tabs: Tab[];
}

export interface Tab {
  id: string;
  device: Device;
  state: DraftState;
  isOpen: boolean;
  isHeld: boolean;
  ownKey: string | null;
  /** To be done, in this order for each kind of thing. */
  storage: (() => void)[];
  waits: number;
  heard: DraftEvent[];
}

export class World {
  readonly server: Server = { body: '', key: '', revision: 0, messages: new Map(), past: [] };
  readonly devices: Device[] = [];
  /** Requests and answers under way, in no order. */
  network: (() => void)[] = [];
  /** What a person has entered, each once. */
  readonly entered = new Set<string>();
  /** Taken away by the person, or lost with a page before any store could have it. */
  readonly gone = new Set<string>();
  /** Bodies for which the person has pressed send. */
  readonly pressed = new Map<string, string>();
  #count = 0;
  #now = 1_000;
  readonly tools: Tools;
  /** For whoever looks for the reason of a failure. */
  readonly log: string[] = [];

  constructor() {
    this.tools = {
      now: () => (this.#now += 1),
      newKey: () => `k${(this.#count += 1)}`,
      isBlank: (text) => text.trim() === '',
      isTooLong: (text) => text.length > 400,
    };
  }

  device(): Device {
    const device: Device = { rows: new Map(), entries: new Map(), isBroken: false, tabs: [] };
    this.devices.push(device);
    return device;
  }

  get tabs(): Tab[] {
    return this.devices.flatMap(({ tabs }) => tabs).filter(({ isOpen }) => isOpen);
  }

  open(device: Device, ownKey: string | null = null): Tab {
    const tab: Tab = { id: `t${(this.#count += 1)}`, device, state: EMPTY, isOpen: true, isHeld: false, ownKey, storage: [], waits: 0, heard: [] };
    device.tabs.push(tab);
    tab.storage.push(() => {
      const rows = device.isBroken ? [] : [...device.rows.values()];
      this.take(tab, { type: 'loaded', rows, ownKey, sent: [...device.entries.values()].flatMap(({ draft }) => draft.over) });
      this.take(tab, { type: 'flush' });
    });
    return tab;
  }

  /** The page is gone in this instant. What is under way to the store may still get there, and so may requests. */
  crash(tab: Tab, finishes: number): Tab {
    tab.isOpen = false;
    this.log.push(`${tab.id} crashes; ${finishes} of ${tab.storage.length} are stored`);
    for (const act of tab.storage.splice(0, finishes)) act();
    tab.storage = [];
    tab.device.tabs = tab.device.tabs.filter((each) => each !== tab);
    const there = this.#everywhere();
    for (const word of wordsIn(tab.state.body)) if (!there.has(word)) this.gone.add(word);
    return this.open(tab.device, tab.ownKey);
  }

  take(tab: Tab, event: DraftEvent): void {
    if (!tab.isOpen) return;
    const before = tab.state;
    const { state, effects } = step(before, event, 'c', this.tools);
    tab.state = state;
    if (process.env['TRACE'] && (effects.length > 0 || state.body !== before.body || state.key !== before.key || state.hasNews !== before.hasNews)) {
      const { key, body, base, remote, isTyped, hasNews } = state;
      this.log.push([`${tab.id} ${JSON.stringify(event)}`, ...effects.map((effect) => `   -> ${JSON.stringify(effect)}`), `   = ${JSON.stringify({ key, body, base, remote, isTyped, hasNews })}`].join('\n'));
    }
    const own = state.isTyped ? state.key : '';
    if (own !== (before.isTyped ? before.key : '')) tab.ownKey = own;
    if (before.isHeld && state.isHeld && state.body !== before.body && !MAY_CHANGE.has(event.type) && !this.#wasSent(before.body, event)) {
      throw new Error(`the field changed under the person's hands at ${event.type}: ${before.body} to ${state.body}`);
    }
    for (const effect of effects) this.#do(tab, effect);
  }

  type(tab: Tab): void {
    const word = `w${(this.#count += 1)}`;
    this.entered.add(word);
    this.take(tab, { type: 'typed', body: `${tab.state.body}${word} ` });
  }

  clear(tab: Tab): void {
    if (tab.state.sending) return;
    for (const word of wordsIn(tab.state.body)) this.gone.add(word);
    this.take(tab, { type: 'typed', body: '' });
  }

  send(tab: Tab): void {
    const body = tab.state.body.trim();
    if (body === '' || tab.state.sending) return;
    this.take(tab, { type: 'send', body });
  }

  hold(tab: Tab, isHeld: boolean): void {
    tab.isHeld = isHeld;
    this.take(tab, { type: 'held', isHeld });
  }

  /** A frame with a state of the server, the newest or a late one. */
  frame(tab: Tab, index = this.server.past.length - 1): void {
    const remote = this.server.past[index];
    if (remote) this.take(tab, remote);
  }

  /** Any tab of the device may send what waits; the answer may be lost, and then it is sent again. */
  deliver(device: Device, clientId: string, isAnswered: boolean): void {
    const entry = device.entries.get(clientId);
    if (!entry) return;
    if (!this.server.messages.has(clientId)) {
      this.server.messages.set(clientId, entry.body);
      if (entry.draft.isTold) this.#endDraft(entry.draft);
    }
    if (isAnswered) device.entries.delete(clientId);
  }

  /** Everything under way gets there, and nothing more happens. */
  settle(): void {
    this.log.push('settles');
    for (const device of this.devices) device.isBroken = false;
    for (let round = 0; round < 10; round += 1) {
      for (const device of this.devices) {
        for (const tab of device.tabs) {
          for (const act of tab.storage.splice(0)) act();
          for (const event of tab.heard.splice(0)) this.take(tab, event);
        }
        for (const clientId of device.entries.keys()) this.deliver(device, clientId, true);
      }
      for (const act of this.network.splice(0)) act();
      for (const tab of this.tabs) {
        this.frame(tab);
        tab.waits = 0;
        this.take(tab, { type: 'flush' });
      }
    }
  }

  check(): void {
    const there = this.#everywhere();
    for (const word of this.entered) if (!there.has(word) && !this.gone.has(word)) throw new Error(`${word} is nowhere`);
    // Two tabs that both send the same are two messages.
    if (this.devices.length > 1 || this.devices.some(({ tabs }) => tabs.length > 1)) return;
    const bodies = [...this.server.messages.values()];
    if (new Set(bodies).size !== bodies.length) throw new Error(`sent twice: ${bodies.join(' | ')}`);
  }

  /**
   * No message is a draft again, on this device or on the server. Quiet: one tab, which has read the store before anybody
   * wrote; then no word of a message is in any draft. Otherwise two texts may go on from the same words, of which one is
   * sent: the other is a draft with those words and its own.
   */
  checkNothingReturns({ isQuiet }: { isQuiet: boolean }): void {
    const sent = new Set([...this.server.messages.values()].flatMap(wordsIn));
    const shown = this.tabs.map(({ state }) => state.key);
    const rows = this.devices.flatMap((device) => [...device.rows.values()]).filter(({ key }) => !shown.includes(key));
    const isAlone = this.tabs.length === 1;
    const drafts = [...rows.map(({ body }) => body), ...(isAlone ? [this.server.body, ...this.tabs.map(({ state }) => state.body)] : [])].map(wordsIn);
    const isBack = (words: string[]) => (isQuiet ? words.some((word) => sent.has(word)) : words.length > 0 && words.every((word) => sent.has(word)));
    for (const words of drafts) if (isBack(words)) throw new Error(`${words.join(' ')} was sent and is a draft again`);
  }

  #wasSent(body: string, event: DraftEvent): boolean {
    return event.type === 'remote' && event.body === '' && [...this.server.messages.values()].includes(body.trim());
  }

  #everywhere(): Set<string> {
    const places = [
      ...this.tabs.map(({ state }) => state.body),
      ...this.devices.flatMap(({ rows, entries }) => [...[...rows.values()].map(({ body }) => body), ...[...entries.values()].map(({ body }) => body)]),
      this.server.body,
      ...this.server.messages.values(),
    ];
    return new Set(places.flatMap(wordsIn));
  }

  #do(tab: Tab, effect: DraftEffect): void {
    const { device } = tab;
    const stored = (act: () => void, done: DraftEvent, told: DraftEvent | null) =>
      tab.storage.push(() => {
        if (device.isBroken) {
          this.take(tab, { type: 'storeFailed' });
          return;
        }
        act();
        if (told) this.#tell(tab, told);
        this.take(tab, done);
      });
    switch (effect.type) {
      case 'store':
        stored(() => device.rows.set(effect.row.key, effect.row), { type: 'stored', row: effect.row }, { type: 'otherStored', row: { ...effect.row }, keeps: false });
        break;
      case 'erase':
        stored(() => remove(device, effect.row), { type: 'erased', row: effect.row }, { type: 'otherErased', key: effect.row.key });
        break;
      case 'move': {
        const { body, draft, text } = effect.sending;
        const clientId = `m${(this.#count += 1)}`;
        tab.storage.push(() => {
          if (device.isBroken) {
            this.take(tab, { type: 'moveFailed' });
            return;
          }
          for (const row of draft.over) remove(device, row);
          if (draft.isTold) device.rows.set('', { conversationId: 'c', key: '', body: '', about: null, base: { key: '', body: '' }, revision: draft.revision, over: [], at: 0 });
          device.entries.set(clientId, { clientId, body, draft });
          this.#tell(tab, { type: 'otherSent', key: text.key, body: text.body, revision: draft.isTold ? draft.revision : 0 });
          this.take(tab, { type: 'moved', isDurable: true });
        });
        break;
      }
      case 'put': {
        const { mark, body } = effect;
        const request = () => this.#putDraft(body, mark.key, mark.revision, mark.after ?? 0);
        this.network.push(() => {
          const isTaken = request();
          this.network.push(() => this.take(tab, isTaken ? { type: 'putDone', revision: mark.revision } : { type: 'putFailed', revision: mark.revision, reason: 'outdated' }));
        });
        this.#lose.set(this.network.at(-1) as () => void, { request, give: () => this.take(tab, { type: 'putFailed', revision: mark.revision, reason: 'lost' }) });
        break;
      }
      case 'read':
        this.network.push(() => {
          const { body, key, revision } = this.server;
          this.network.push(() => this.take(tab, { type: 'remote', body, key, revision }));
        });
        break;
      case 'wait':
        tab.waits += 1;
        break;
    }
  }

  readonly #lose = new Map<() => void, { request: () => void; give: () => void }>();

  /** A request whose answer never comes; it may arrive, now, much later, or not at all. */
  lose(index: number, arrives: 'now' | 'later' | 'never'): void {
    const act = this.network[index];
    const found = act && this.#lose.get(act);
    if (!found) return;
    this.network.splice(index, 1);
    if (arrives === 'now') found.request();
    if (arrives === 'later') this.network.push(found.request);
    found.give();
  }

  #tell(from: Tab, event: DraftEvent): void {
    for (const tab of from.device.tabs) {
      if (tab === from || !tab.isOpen) continue;
      tab.heard.push(event.type === 'otherStored' ? { ...event, keeps: tab.id > from.id } : event);
    }
  }

  #putDraft(body: string, key: string, revision: number, after: number): boolean {
    const { server } = this;
    const isKnown = server.revision <= after || (server.key === key && server.body !== '');
    if (server.revision >= revision || !isKnown) return server.revision === revision && server.key === key && server.body === body;
    this.#become(body, key, revision);
    return true;
  }

  #endDraft({ key, revision, after }: EndedDraft): void {
    const { server } = this;
    if (server.revision > revision) return;
    const isOver = server.key === key || server.revision <= (after ?? 0);
    this.#become(isOver ? '' : server.body, server.key || key, revision);
  }

  #become(body: string, key: string, revision: number): void {
    this.log.push(`server = ${key} "${body}" ${revision}`);
    Object.assign(this.server, { body, key, revision });
    this.server.past.push({ type: 'remote', body, key, revision });
  }
}

const MAY_CHANGE = new Set(['typed', 'moved', 'otherSent', 'loaded']);

export const wordsIn = (text: string): string[] => text.split(' ').filter((word) => word !== '');

function remove(device: Device, { key, body }: Superseded): void {
  if (body === null || device.rows.get(key)?.body === body) device.rows.delete(key);
}
