// When nobody is logged in any more, however that came about and in whichever tab: what one person saw or wrote must not wait
// here for the next one, neither in memory nor on the device.
import type { QueryClient } from '@tanstack/react-query';
import { session } from '@/api';
import { clearOutbox } from '@/features/chat';
import { closeCompose, takeFormerDraft } from '@/features/compose';
import { clearNewPosts } from '@/features/feed';
import { clearToasts } from '@/ui';

export function emptyWithSession(client: QueryClient): void {
  session.subscribe((credentials) => {
    if (credentials) return;
    client.clear();
    clearOutbox();
    takeFormerDraft();
    closeCompose();
    clearNewPosts();
    clearToasts();
  });
}
