import { describe, expect, it } from 'vitest';
import type { Photo } from '@/entities';
import { splitTray } from './tray';

const photo = (id: string, mediaId: string | null): Photo => ({
  id, file: new File(['x'], `${id}.jpg`), rotation: 0, prepared: null, previewUrl: `blob:${id}`, previewRotation: 0, state: mediaId ? 'ready' : 'uploading',
  progress: 0, mediaId, error: null, isRejected: false, isAnimated: false, alt: ` ${id} `,
});

describe('sending before every picture is uploaded', () => {
  it('keeps their order: from the first that is missing, all are left to the outbox', () => {
    const { images, attachments } = splitTray([photo('a', 'm1'), photo('b', null), photo('c', 'm3')]);
    expect(images).toEqual([{ mediaId: 'm1', alt: 'a', previewUrl: 'blob:a' }]);
    expect(attachments.map(({ alt }) => alt)).toEqual(['b', 'c']);
    expect(splitTray([photo('a', 'm1')]).attachments).toEqual([]);
  });

  it('leaves the prepared picture to the outbox where there is one, and how to turn the others', () => {
    const small = new Blob(['s']);
    const { attachments } = splitTray([{ ...photo('a', null), prepared: small, rotation: 90 }, { ...photo('b', null), rotation: 180 }]);
    expect(attachments[0]).toEqual({ blob: small, alt: 'a' });
    expect(attachments[1]?.rotation).toBe(180);
  });
});
