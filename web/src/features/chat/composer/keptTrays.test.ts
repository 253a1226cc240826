import { describe, expect, it } from 'vitest';
import type { Photo, StoredPhoto } from '@/entities';
import { Device } from '@/entities/unfinished.test.support';
import { KeptTrays } from './keptTrays';

const photo = (id: string, file = new Blob([id])) =>
  ({ id, file, prepared: null, alt: `alt ${id}`, rotation: 90, mediaId: 'uploaded', isAnimated: false }) as unknown as Photo;

/** One page: what stands in its trays, and what came back into them. */
function page(device: Device) {
  const restored: string[] = [];
  const restore = (conversationId: string, photos: readonly StoredPhoto[]) => restored.push(...photos.map(({ id, alt, rotation, mediaId }) => [conversationId, id, alt, rotation, mediaId].join()));
  return { trays: new KeptTrays(restore, device.open), restored };
}

describe('the pictures of a message being written', () => {
  it('come back after a crash, with their words and turned as they were, and are uploaded anew', async () => {
    const device = new Device();
    await page(device).trays.keep('c', () => [photo('a'), photo('b')]);
    device.crash();
    const { trays, restored } = page(device);
    await trays.look('other');
    expect(restored).toEqual([]);
    await trays.look('c');
    await trays.look('c');
    expect(restored).toEqual(['c,a,alt a,90,', 'c,b,alt b,90,']);
  });

  it('go once the message is in the outbox, and not before', async () => {
    const device = new Device();
    const { trays } = page(device);
    await trays.keep('c', () => [photo('a')]);
    expect(device.disk.size).toBe(2);
    await trays.keep('c', () => []);
    expect(device.disk.size).toBe(0);
    await trays.keep('c', () => [photo('b')]);
    expect(device.disk.size).toBe(2);
  });

  it('are written when they are chosen while the page is still looking', async () => {
    const device = new Device();
    const { trays } = page(device);
    await Promise.all([trays.look('c'), trays.keep('c', () => [photo('a')])]);
    expect(device.disk.size).toBe(2);
  });

  it('are not written again for a percent more of an upload', async () => {
    const device = new Device();
    const { trays } = page(device);
    const chosen = photo('a');
    for (const progress of [0.1, 0.2, 0.3]) await trays.keep('c', () => [{ ...chosen, progress }]);
    expect(device.writes).toBe(2);
  });

  it('stay with the tab that has them', async () => {
    const device = new Device();
    await page(device).trays.keep('c', () => [photo('a')]);
    const { trays, restored } = page(device);
    await trays.look('c');
    expect(restored).toEqual([]);
  });

  it('ask before the page is left where the device does not keep them', async () => {
    const device = new Device();
    device.isFull = true;
    const { trays } = page(device);
    const leave = () => {
      const event = new Event('beforeunload', { cancelable: true });
      window.dispatchEvent(event);
      return event.defaultPrevented;
    };
    await trays.keep('c', () => [photo('a')]);
    expect(leave()).toBe(true);
    await trays.keep('c', () => []);
    expect(leave()).toBe(false);
    await trays.keep('c', () => [photo('a')]);
    trays.forget();
    expect(leave()).toBe(false);
  });
});
