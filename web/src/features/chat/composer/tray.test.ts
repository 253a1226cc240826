import { describe, expect, it } from 'vitest';
import type { Photo } from '@/entities';
import { splitTray } from './tray';

const photo = (id: string, mediaId: string | null): Photo => ({ id, file: new File(['x'], `${id}.jpg`), previewUrl: `blob:${id}`, state: mediaId ? 'ready' : 'uploading', progress: 0, mediaId, isRejected: false, rejection: null, isAnimated: false, alt: ` ${id} ` });

describe('sending before every picture is uploaded', () => {
  it('keeps their order: from the first that is missing, all are left to the outbox', () => {
    const { images, attachments } = splitTray([photo('a', 'm1'), photo('b', null), photo('c', 'm3')]);
    expect(images).toEqual([{ mediaId: 'm1', alt: 'a', previewUrl: 'blob:a' }]);
    expect(attachments.map(({ alt }) => alt)).toEqual(['b', 'c']);
    expect(splitTray([photo('a', 'm1')]).attachments).toEqual([]);
  });
});
