import { describe, expect, it } from 'vitest';
import type { StoredPhoto } from '@/entities';
import { inChannel } from './audience';
import { openUnfinished, type Hold, type Store } from './unfinished';

/** The disk of one device, and the locks between its tabs. */
class Device {
  disk = new Map<string, unknown>();
  held = new Set<string>();
  writes = 0;
  isFull = false;
  store: Store = {
    get: async <T>(key: string) => structuredClone(this.disk.get(key)) as T | undefined,
    all: async () => undefined,
    keys: async (prefix) => [...this.disk.keys()].filter((key) => key.startsWith(prefix)),
    set: async (key, value) => {
      await Promise.resolve();
      if (this.isFull) return false;
      this.writes += 1;
      this.disk.set(key, structuredClone(value));
      return true;
    },
    delete: async (key) => void this.disk.delete(key),
  };
  hold: Hold = async (name) => {
    if (this.held.has(name)) return null;
    this.held.add(name);
    return async () => this.held.delete(name);
  };
  open = (person = 'ana') => openUnfinished(person, this.store, this.hold);
  /** The tab is gone without a word; the browser gives its locks back. */
  crash() {
    this.held.clear();
  }
}

const photo = (id: string, alt = ''): StoredPhoto => ({ id, blob: new Blob([id]), alt, rotation: 0, mediaId: null, isAnimated: false });
const ids = (photos: readonly StoredPhoto[] = []) => photos.map(({ id }) => id).join();

describe('the unfinished post', () => {
  it('is there again as a whole, in its order, after a crash', async () => {
    const device = new Device();
    const post = await device.open();
    expect(post.found).toBeNull();
    expect(await post.save({ body: 'Day 41', place: inChannel('c'), photos: [photo('b', 'a sun'), photo('a')] })).toBe(true);
    device.crash();
    const { found } = await device.open();
    expect(found).toMatchObject({ body: 'Day 41', place: inChannel('c') });
    expect(ids(found?.photos)).toBe('b,a');
    expect(found?.photos[0]?.alt).toBe('a sun');
    
  });

  it('writes a picture once, however much is typed, and forgets one that was removed', async () => {
    const device = new Device();
    const post = await device.open();
    const one = photo('a');
    for (let length = 1; length <= 5; length += 1) await post.save({ body: 'x'.repeat(length), place: null, photos: [one] });
    expect(device.writes).toBe(6);
    await post.save({ body: 'x', place: null, photos: [] });
    expect([...device.disk.keys()].filter((key) => key.includes('photo'))).toEqual([]);
  });

  it('keeps the newest state when states come faster than the disk', async () => {
    const device = new Device();
    const post = await device.open();
    const saves = ['D', 'Da', 'Day'].map((body) => post.save({ body, place: null, photos: [] }));
    await Promise.all(saves);
    await post.release();
    expect((await device.open()).found?.body).toBe('Day');
  });

  it('is one for each tab, and a tab that closes leaves its own to the next', async () => {
    const device = new Device();
    const one = await device.open();
    await one.save({ body: 'one', place: null, photos: [] });
    // Ids are as old as their millisecond.
    await new Promise((resolve) => setTimeout(resolve, 2));
    const two = await device.open();
    expect(two.found).toBeNull();
    await two.save({ body: 'two', place: null, photos: [] });
    await one.save({ body: 'one more', place: null, photos: [] });
    await two.release();
    expect((await device.open()).found?.body).toBe('two');
    device.crash();
    const newest = await device.open();
    await newest.discard();
    expect((await device.open()).found?.body).toBe('one more');
  });

  it('is nothing when nothing is in it, and gone when it was posted or discarded', async () => {
    const device = new Device();
    const post = await device.open();
    await post.save({ body: 'Day', place: null, photos: [photo('a')] });
    await post.save({ body: ' \n', place: null, photos: [] });
    expect(device.disk.size).toBe(0);
    await post.save({ body: 'Day', place: null, photos: [photo('a')] });
    void post.save({ body: 'Day 4', place: null, photos: [photo('a')] });
    await post.discard();
    expect(device.disk.size).toBe(0);
    await post.save({ body: 'late', place: null, photos: [] });
    expect(device.disk.size).toBe(0);
  });

  it('says when the device keeps nothing', async () => {
    const device = new Device();
    const post = await device.open();
    device.isFull = true;
    expect(await post.save({ body: 'Day', place: null, photos: [] })).toBe(false);
    device.isFull = false;
    expect(await post.save({ body: 'Day', place: null, photos: [] })).toBe(true);
  });

  it('belongs to one person', async () => {
    const device = new Device();
    await (await device.open()).save({ body: 'Day', place: null, photos: [] });
    device.crash();
    expect((await device.open('mara')).found).toBeNull();
  });
});
