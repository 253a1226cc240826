import { describe, expect, it } from 'vitest';
import { Layers, type CloseReason } from './layers';

/** A browser's history: entries, traversals that take their time, a Forward that leads to what was left. */
class Tab {
  entries: { page: string; depth: number }[] = [{ page: 'start', depth: 0 }];
  at = 0;
  layers = new Layers();
  #queue: (() => void)[] = [];

  constructor() {
    this.attach();
  }

  attach() {
    const { layers } = this;
    // What a page that is gone still wanted does not happen.
    const alive = (task: () => void) => layers === this.layers && task();
    layers.attach(
      {
        push: (depth) => alive(() => this.#push(this.here.page, depth)),
        go: (steps) => alive(() => this.traverse(steps)),
        later: (task) => alive(() => this.#queue.push(task)),
      },
      this.here.depth,
    );
  }

  get here() {
    return this.entries[this.at] ?? { page: 'outside', depth: 0 };
  }

  #push(page: string, depth: number) {
    this.entries = [...this.entries.slice(0, this.at + 1), { page, depth }];
    this.at += 1;
  }

  /** As the browser does it: later, and only where there is an entry. */
  traverse(steps: number) {
    this.#queue.push(() => {
      const to = this.at + steps;
      const next = this.entries[to];
      if (!next) return;
      const samePage = next.page === this.here.page;
      this.at = to;
      this.layers.arrived({ samePage, depth: next.depth });
    });
  }

  visit(page: string) {
    this.layers.navigate(() => this.#push(page, 0));
  }

  replace(page: string) {
    this.layers.navigate(() => {
      this.entries[this.at] = { page, depth: 0 };
    });
  }

  reload() {
    this.layers = new Layers();
    this.#queue = [];
    this.attach();
  }

  /** One thing that was waiting. */
  async step() {
    this.#queue.shift()?.();
    await Promise.resolve();
    await Promise.resolve();
  }

  async settle() {
    await this.step();
    while (this.#queue.length > 0) await this.step();
  }

  /** The pages one comes through by pressing Back again and again, with dead entries of layers marked. */
  get way() {
    return this.entries.slice(0, this.at + 1).map(({ page, depth }) => (depth === 0 ? page : `${page}+${depth}`));
  }
}

/** A part of the page that can be open. */
class Part {
  isOpen = false;
  reasons: CloseReason[] = [];
  refuses = false;
  guarded = false;
  #closed: (() => void) | null = null;
  constructor(private tab: Tab) {}
  open() {
    this.isOpen = true;
    this.#closed = this.tab.layers.open(
      (reason) => {
        this.reasons.push(reason);
        if (!this.refuses || reason === 'leave') this.close();
      },
      () => this.guarded,
    );
    return this;
  }
  close() {
    this.isOpen = false;
    this.#closed?.();
    this.#closed = null;
  }
}

describe('layers', () => {
  it('stand in the history while they are open, and Back closes the topmost only', async () => {
    const tab = new Tab();
    const sheet = new Part(tab).open();
    const question = new Part(tab).open();
    await tab.settle();
    expect(tab.way).toEqual(['start', 'start+1', 'start+2']);
    tab.traverse(-1);
    await tab.settle();
    expect([sheet.isOpen, question.isOpen]).toEqual([true, false]);
    expect(tab.way).toEqual(['start', 'start+1']);
    tab.traverse(-1);
    await tab.settle();
    expect(sheet.isOpen).toBe(false);
    expect(tab.way).toEqual(['start']);
  });

  it('take their entry with them when they close by themselves', async () => {
    const tab = new Tab();
    const sheet = new Part(tab).open();
    await tab.settle();
    sheet.close();
    await tab.settle();
    expect(tab.way).toEqual(['start']);
    expect(sheet.reasons).toEqual([]);
  });

  it('hand their entry on to what opens in their place', async () => {
    const tab = new Tab();
    const menu = new Part(tab).open();
    await tab.settle();
    const { entries } = tab;
    menu.close();
    new Part(tab).open();
    await tab.settle();
    expect(tab.entries).toBe(entries);
    expect(tab.way).toEqual(['start', 'start+1']);
  });

  it('do not come back by Forward', async () => {
    const tab = new Tab();
    const sheet = new Part(tab).open();
    await tab.settle();
    tab.traverse(-1);
    await tab.settle();
    tab.traverse(1);
    await tab.settle();
    expect(sheet.isOpen).toBe(false);
    expect(tab.way).toEqual(['start']);
  });

  it('are not buried below a page that one goes to from inside', async () => {
    const tab = new Tab();
    new Part(tab).open();
    const upper = new Part(tab).open();
    await tab.settle();
    tab.visit('post');
    await tab.settle();
    expect(upper.reasons).toEqual(['leave']);
    expect(tab.way).toEqual(['start', 'post']);
    const again = new Part(tab).open();
    await tab.settle();
    again.close();
    tab.replace('other');
    await tab.settle();
    expect(tab.way).toEqual(['start', 'other']);
  });

  it('are gone after a reload, and so are their entries', async () => {
    const tab = new Tab();
    new Part(tab).open();
    new Part(tab).open();
    await tab.settle();
    tab.reload();
    await tab.settle();
    expect(tab.way).toEqual(['start']);
  });

  it('keep their entry when they refuse, and the question goes first', async () => {
    const tab = new Tab();
    const form = new Part(tab).open();
    form.refuses = true;
    await tab.settle();
    tab.traverse(-1);
    const question = new Part(tab);
    await tab.step();
    question.open();
    await tab.settle();
    expect(form.reasons).toEqual(['back']);
    expect(tab.way).toEqual(['start', 'start+1']);
    // Nothing was pushed without a touch: the entry is the one that was left.
    tab.traverse(-1);
    await tab.settle();
    expect([form.isOpen, question.isOpen]).toEqual([true, false]);
    expect(tab.way).toEqual(['start', 'start+1']);
    expect(form.reasons).toEqual(['back']);
    form.close();
    await tab.settle();
    expect(tab.way).toEqual(['start']);
  });

  it('ask before a navigation takes what was entered, and let it go on afterwards', async () => {
    const tab = new Tab();
    const form = new Part(tab).open();
    form.refuses = true;
    form.guarded = true;
    await tab.settle();
    tab.visit('post');
    await tab.settle();
    expect(form.reasons).toEqual(['navigate']);
    expect(tab.here.page).toBe('start');
    tab.layers.stay();
    form.close();
    await tab.settle();
    expect(tab.way).toEqual(['start']);
    form.open();
    await tab.settle();
    tab.visit('post');
    await tab.settle();
    form.close();
    await tab.settle();
    expect(tab.way).toEqual(['start', 'post']);
  });

  it('do not ask a form that closes because it was sent and leads on', async () => {
    const tab = new Tab();
    const form = new Part(tab).open();
    form.guarded = true;
    await tab.settle();
    tab.visit('channel');
    form.close();
    await tab.settle();
    expect(form.reasons).toEqual([]);
    expect(tab.way).toEqual(['start', 'channel']);
  });

  it('leave no dead entry whatever happens in whatever order', async () => {
    for (let seed = 1; seed <= 2000; seed += 1) await wander(seed);
  });
});

async function wander(seed: number) {
  const random = generator(seed);
  const tab = new Tab();
  let parts: Part[] = [];
  /** What a person believes to have behind them. */
  const lost = () => tab.way.slice(0, -1).some((entry, index) => /\+/.test(entry) && !/\+/.test(tab.way[index + 1] ?? ''));
  const actions: (() => void)[] = [
    () => parts.push(new Part(tab).open()),
    () => parts.push(new Part(tab).open()),
    () => parts.filter((part) => part.isOpen)[random(parts.length)]?.close(),
    () => tab.traverse(-1),
    () => tab.traverse(-1),
    () => tab.traverse(1),
    () => tab.visit(`page ${random(1000)} ${seed}`),
    () => tab.replace(`page ${random(1000)} ${seed}`),
    () => {
      tab.reload();
      parts = [];
    },
  ];
  for (let turn = 0; turn < 30; turn += 1) {
    actions[random(actions.length)]?.();
    if (random(3) > 0) await tab.settle();
    else if (random(2) > 0) await tab.step();
  }
  await tab.settle();
  const open = parts.filter((part) => part.isOpen).length;
  expect(tab.here.depth, `seed ${seed}: ${tab.way.join(', ')}`).toBe(open);
  expect(lost(), `seed ${seed}: ${tab.way.join(', ')}`).toBe(false);
}

/** Small and seeded, so that a failure can be played again. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}
