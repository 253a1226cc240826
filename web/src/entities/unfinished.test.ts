import { afterEach, describe, expect, it, vi } from 'vitest';
import type { StoredPhoto } from './photos';
import { holdLock, type Unfinished } from './unfinished';
import { Device } from './unfinished.test.support';

const photo = (id: string, alt = ''): StoredPhoto => ({ id, blob: new Blob([id]), alt, rotation: 0, mediaId: null, isAnimated: false });
const anew: Unfinished = { body: '', place: null, photos: [], key: 'k' };
const ids = (photos: readonly StoredPhoto[] = []) => photos.map(({ id }) => id).join();

describe('the unfinished post', () => {
  it('is there again as a whole, in its order, after a crash', async () => {
    const device = new Device();
    const post = await device.open();
    expect(post.found).toBeNull();
    expect(await post.save({ ...anew, body: 'Day 41', place: { kind: 'channel', id: 'c' }, photos: [photo('b', 'a sun'), photo('a')] })).toBe(true);
    device.crash();
    const { found } = await device.open();
    expect(found).toMatchObject({ body: 'Day 41', place: { kind: 'channel', id: 'c' } });
    expect(ids(found?.photos)).toBe('b,a');
    expect(found?.photos[0]?.alt).toBe('a sun');
  });

  it('writes a picture once, however much is typed, and forgets one that was removed', async () => {
    const device = new Device();
    const post = await device.open();
    const one = photo('a');
    for (let length = 1; length <= 5; length += 1) await post.save({ ...anew, body: 'x'.repeat(length), photos: [one] });
    expect(device.writes).toBe(6);
    await post.save({ ...anew, body: 'x', photos: [] });
    expect([...device.disk.keys()].filter((key) => key.includes('photo'))).toEqual([]);
  });

  it('keeps the newest state when states come faster than the disk', async () => {
    const device = new Device();
    const post = await device.open();
    const saves = ['D', 'Da', 'Day'].map((body) => post.save({ ...anew, body, photos: [] }));
    await Promise.all(saves);
    await post.release();
    expect((await device.open()).found?.body).toBe('Day');
  });

  it('is one for each tab, and a tab that closes leaves its own to the next', async () => {
    const device = new Device();
    const one = await device.open();
    await one.save({ ...anew, body: 'one', photos: [] });
    // Ids are as old as their millisecond.
    await new Promise((resolve) => setTimeout(resolve, 2));
    const two = await device.open();
    expect(two.found).toBeNull();
    await two.save({ ...anew, body: 'two', photos: [] });
    await one.save({ ...anew, body: 'one more', photos: [] });
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
    await post.save({ ...anew, body: 'Day', photos: [photo('a')] });
    await post.save({ ...anew, body: ' \n', photos: [] });
    expect(device.disk.size).toBe(0);
    await post.save({ ...anew, body: 'Day', photos: [photo('a')] });
    void post.save({ ...anew, body: 'Day 4', photos: [photo('a')] });
    await post.discard();
    expect(device.disk.size).toBe(0);
    await post.save({ ...anew, body: 'late', photos: [] });
    expect(device.disk.size).toBe(0);
  });

  it('goes under its former key, as the answer may have been lost, and under another once a picture is gone', async () => {
    const device = new Device();
    const post = await device.open();
    await post.save({ ...anew, body: 'Day', photos: [photo('a')], key: 'posted' });
    device.crash();
    expect((await device.open()).found?.key).toBe('posted');
    device.crash();
    for (const key of device.disk.keys()) if (key.includes('photo')) device.disk.delete(key);
    expect((await device.open()).found?.key).not.toBe('posted');
  });

  it('is not taken up by the next sheet while it is being posted, and is when that has failed', async () => {
    const device = new Device();
    const post = await device.open();
    await post.save({ ...anew, body: 'Day' });
    let fail = () => {};
    post.posting(new Promise((_, reject) => (fail = () => reject(new Error('no network')))));
    await post.release();
    const next = await device.open();
    expect(next.found).toBeNull();
    await next.release();
    fail();
    await vi.waitFor(async () => expect((await device.open()).found?.body).toBe('Day'));
  });

  it('says when the device keeps nothing', async () => {
    const device = new Device();
    const post = await device.open();
    device.isFull = true;
    expect(await post.save({ ...anew, body: 'Day', photos: [] })).toBe(false);
    device.isFull = false;
    expect(await post.save({ ...anew, body: 'Day', photos: [] })).toBe(true);
  });

  it('belongs to one person', async () => {
    const device = new Device();
    await (await device.open()).save({ ...anew, body: 'Day', photos: [] });
    device.crash();
    expect((await device.open('mara')).found).toBeNull();
  });
});

describe('the lock on it', () => {
  afterEach(() => vi.unstubAllGlobals());

  it.each([
    ['where there are none', {}],
    ['where a setting forbids them', { locks: { request: () => Promise.reject(new DOMException('denied', 'SecurityError')) } }],
  ])('holds within the page %s', async (_, navigator) => {
    vi.stubGlobal('navigator', navigator);
    const letGo = await holdLock('a');
    expect(await holdLock('a')).toBeNull();
    await letGo?.();
    await (await holdLock('a'))?.();
  });
});
