import { useEffect } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useTranslation } from '@/i18n';
import { onChatEvent, openOutbox } from '@/features/chat';
import { noteNewPost } from '@/features/feed';
import { alertPath, onAlertEvent, plainAlertText } from '@/features/notifications';
import { live } from '@/entities';
import { paths } from '@/paths';
import { showToast } from '@/ui';

const FRESH_MS = 120_000;

/** Keeps the live connection while someone is logged in, and hands its events to the features. */
export function useLive(userId: string): void {
  const client = useQueryClient();
  const router = useRouter();
  const { t } = useTranslation();
  useEffect(() => {
    const off = live.on((event) => {
      onChatEvent(event, client, userId);
      onAlertEvent(event, client);
      if (event.type !== 'notification' || event.notification.read) return;
      const { notification } = event;
      // Somebody took back what they did: that is no news.
      if (event.seq !== notification.seq) return;
      if (notification.kind === 'post_published') noteNewPost();
      const target = alertPath(notification);
      const here = router.state.location.pathname;
      // What is on the screen already needs no second word, and what was missed while away waits in the list.
      const isFresh = Date.now() - Date.parse(notification.updated_at) < FRESH_MS;
      const isListedHere = here === paths.alerts || (here === paths.channels && notification.kind === 'channel_invited');
      if (isFresh && here !== target && !isListedHere) showToast(plainAlertText(t, notification), { to: target });
    });
    const closeOutbox = openOutbox(client, userId);
    live.start();
    const wake = () => document.visibilityState === 'visible' && live.wake();
    window.addEventListener('online', wake);
    document.addEventListener('visibilitychange', wake);
    return () => {
      off();
      window.removeEventListener('online', wake);
      document.removeEventListener('visibilitychange', wake);
      live.stop();
      closeOutbox();
    };
  }, [client, router, t, userId]);
}
