// Layers (sheets, questions, the viewer, menus) as entries of the browser's history, so that Back closes the topmost one
// and leaves the page only when none is open. Pure: the history itself is a port; see useLayer.ts for the real one.
//
// The history is moved step by step towards one rule: above a page's own entry there is one entry for each open layer.
// Two things bend it. Traversals take time, so nothing else is done while one is under way. And a browser may skip
// entries that were pushed without a touch (history manipulation intervention of Chromium), so after Back was refused
// its entry is taken back by going forward, and a question that opened meanwhile shares the entry below.

export interface HistoryPort {
  /** Adds an entry for the same page with this many layers. Takes effect at once. */
  push: (depth: number) => void;
  /** Begins a traversal, which `arrived` reports. */
  go: (steps: number) => void;
  /** Runs a task when what the page does about an event is done. */
  later: (task: () => void) => void;
}

/** `back` and `navigate` may be refused by staying open; with `leave` the page is gone already or going. */
export type CloseReason = 'back' | 'navigate' | 'leave';

interface Layer {
  close: (reason: CloseReason) => void;
  /** Something would be lost: a navigation waits until that is decided. */
  isGuarded: () => boolean;
  /** Back was pressed for it, and it has not been decided yet. */
  isAsked: boolean;
}

export class Layers {
  #port: HistoryPort | null = null;
  #open: Layer[] = [];
  /** How many layers the current entry stands for. */
  #depth = 0;
  /** Entries of the same page that lie ahead, because Back was pressed. */
  #ahead = 0;
  #isMoving = false;
  #isAsking = false;
  #isScheduled = false;
  /** Layers opened since the last look have come with a touch and get their own entry. */
  #mayPush = false;
  #navigations: (() => void)[] = [];
  #held: (() => void) | null = null;

  /** `depth` is not 0 after a reload with a layer on top: nothing is open then, and its entries are left. */
  attach(port: HistoryPort, depth: number): void {
    this.#port = port;
    this.#depth = depth;
    this.#mayPush = true;
    this.#schedule();
  }

  /** Returns what to call once the layer is closed, however that came. */
  open(close: (reason: CloseReason) => void, isGuarded: () => boolean = () => false): () => void {
    const layer: Layer = { close, isGuarded, isAsked: false };
    this.#open.push(layer);
    if (!this.#isAsking) this.#mayPush = true;
    this.#schedule();
    return () => {
      this.#open = this.#open.filter((other) => other !== layer);
      this.#release();
      this.#schedule();
    };
  }

  /** The answer to a question that was asked before a navigation: it does not happen. */
  stay(): void {
    this.#held = null;
  }

  /** Runs a navigation once the entries of layers are left, so that none of them is buried below the next page. */
  navigate(navigation: () => void): void {
    if (this.#port && this.#guarded()) {
      this.#held = navigation;
      // A form that leads on after it was sent closes in the same turn, and then there is nothing to ask.
      this.#port.later(() => this.#held && this.#guarded()?.close('navigate'));
      return;
    }
    const isFree = this.#depth === 0 && !this.#isMoving && this.#navigations.length === 0;
    if (!this.#port || (isFree && this.#open.length === 0)) {
      this.#ahead = 0;
      navigation();
      return;
    }
    this.#navigations.push(navigation);
    this.#ask(this.#open.length, 'leave');
    if (!this.#isMoving) this.#leave();
  }

  /** A traversal is done, ours or the browser's. Returns whether it stayed on its page, so the router need not know. */
  arrived({ samePage, depth }: { samePage: boolean; depth: number }): boolean {
    const before = this.#depth;
    const wasOurs = this.#isMoving;
    this.#isMoving = false;
    this.#depth = depth;
    if (samePage) {
      this.#ahead = Math.max(0, this.#ahead + before - depth);
      if (!wasOurs && depth < before) this.#ask(before - depth, 'back');
    } else {
      this.#ahead = 0;
      this.#mayPush = true;
      this.#ask(this.#open.length, 'leave');
    }
    if (this.#navigations.length > 0) this.#leave();
    else this.#schedule();
    return samePage;
  }

  get depth(): number {
    return this.#depth;
  }

  #guarded(): Layer | undefined {
    return this.#open.findLast((layer) => layer.isGuarded());
  }

  #release(): void {
    if (!this.#held || this.#guarded()) return;
    const navigation = this.#held;
    this.#held = null;
    this.navigate(navigation);
  }

  #ask(count: number, reason: CloseReason): void {
    const asked = count === 0 ? [] : this.#open.filter((layer) => !layer.isAsked).slice(-count);
    if (asked.length === 0) return;
    this.#isAsking = true;
    for (const layer of asked.toReversed()) {
      layer.isAsked = true;
      layer.close(reason);
    }
    this.#port?.later(() => {
      this.#isAsking = false;
      for (const layer of this.#open) layer.isAsked = false;
      this.#settle();
    });
  }

  #leave(): void {
    if (this.#depth > 0) {
      this.#move(-this.#depth);
      return;
    }
    const navigations = this.#navigations;
    this.#navigations = [];
    this.#ahead = 0;
    this.#mayPush = true;
    for (const navigation of navigations) navigation();
    this.#schedule();
  }

  #move(steps: number): void {
    this.#isMoving = true;
    this.#port?.go(steps);
  }

  /** One look for all that opens and closes in the same turn: a layer that takes another's place takes its entry, too. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#settle();
    });
  }

  #settle(): void {
    if (!this.#port || this.#isMoving || this.#isAsking) return;
    const missing = this.#open.length - this.#depth;
    if (missing < 0) this.#move(missing);
    else if (missing > 0 && this.#mayPush) {
      this.#ahead = 0;
      while (this.#depth < this.#open.length) {
        this.#depth += 1;
        this.#port.push(this.#depth);
      }
    } else if (missing > 0 && this.#ahead > 0) this.#move(Math.min(missing, this.#ahead));
    if (!this.#isMoving) this.#mayPush = false;
  }
}
