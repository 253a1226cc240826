// Every order in which things can happen, as far as chance and patience reach.
import { describe, expect, it } from 'vitest';
import { randomFrom } from '../random.test.support';
import { World, type Tab } from './world.test.support';

type Random = () => number;
const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;

/** One thing happens: what people do, what comes from storage and network, or a page is loaded again. */
function happen(world: World, random: Random, { canClear, isHasty, breaks }: { canClear: boolean; isHasty: boolean; breaks: boolean }): void {
  const tab = pick(random, world.tabs);
  const what = random();
  if (what < 0.16) {
    if (isHasty || tab.state.isLoaded) world.type(tab);
  } else if (what < 0.2) world.send(tab);
  else if (what < 0.22) {
    if (canClear) world.clear(tab);
  } else if (what < 0.28) world.hold(tab, random() < 0.5);
  else if (what < 0.46) tab.storage.shift()?.();
  else if (what < 0.52) {
    const event = tab.heard.shift();
    if (event) world.take(tab, event);
  } else if (what < 0.68) act(world, Math.floor(random() * world.network.length));
  else if (what < 0.73) world.lose(Math.floor(random() * world.network.length), pick(random, ['now', 'later', 'never'] as const));
  else if (what < 0.82) world.frame(tab, Math.floor(random() * world.server.past.length));
  else if (what < 0.88) world.frame(tab);
  else if (what < 0.93 && tab.waits > 0) world.take(tab, { type: 'due' });
  else if (what < 0.94) world.take(tab, { type: 'flush' });
  else if (what < 0.97) {
    if (breaks) tab.device.isBroken = random() < 0.5;
    else world.crash(tab, Math.floor(random() * 3));
  } else for (const id of tab.device.entries.keys()) world.deliver(tab.device, id, random() < 0.7);
}

function act(world: World, index: number): void {
  const [next] = world.network.splice(index, 1);
  next?.();
}

/** `isHasty`: writes before the store could be read, and then has several drafts. */
function play(seed: number, { devices = 1, tabs = 1, isHasty = false, breaks = false }): World {
  const random = randomFrom(seed);
  const world = new World();
  for (let each = 0; each < devices; each += 1) {
    const device = world.device();
    for (let tab = 0; tab < tabs; tab += 1) world.open(device);
  }
  try {
    for (let round = 0; round < 120; round += 1) {
      happen(world, random, { canClear: devices === 1, isHasty, breaks });
      world.check();
    }
    for (const tab of world.tabs) world.hold(tab, false);
    world.settle();
    world.check();
    const isQuiet = devices * tabs === 1 && !isHasty;
    world.checkNothingReturns({ isQuiet });
    if (isQuiet) {
      const [tab] = world.tabs as [Tab];
      expect(world.server.body.trim()).toBe(tab.state.body.trim());
      expect([...tab.device.entries.keys()]).toEqual([]);
    }
  } catch (error) {
    throw process.env['TRACE'] ? new Error(`${String(error)}\n${world.log.join('\n')}`, { cause: error }) : error;
  }
  return world;
}

/** More, for a long look: `SEEDS=20`; with `TRACE=1` what led to a failure is told step by step. */
const MANY = Number(process.env['SEEDS'] ?? 1);
/** Ample: it is there for a loop without end. */
const TIMEOUT_MS = 60_000 * MANY;

/** Which seed it was. */
function forSeeds(from: number, count: number, run: (seed: number) => void): void {
  for (let seed = from; seed < from + count * MANY; seed += 1) {
    try {
      run(seed);
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
  }
}

describe('whatever happens in whichever order', () => {
  it('in one tab no word is lost, none sent comes back, and in the end the server has what the field has', () => {
    forSeeds(1, 120, (seed) => play(seed, {}));
  }, TIMEOUT_MS);

  it('not either when somebody writes before the store could be read', () => {
    forSeeds(5_000, 60, (seed) => play(seed, { isHasty: true }));
  }, TIMEOUT_MS);

  it('not either when the store fails now and then', () => {
    forSeeds(7_000, 60, (seed) => play(seed, { breaks: true }));
  }, TIMEOUT_MS);

  it('in two tabs of one device no word is lost', () => {
    forSeeds(10_000, 60, (seed) => play(seed, { tabs: 2 }));
  }, TIMEOUT_MS);

  it('on two devices no word is lost', () => {
    forSeeds(20_000, 60, (seed) => play(seed, { devices: 2 }));
  }, TIMEOUT_MS);
});
