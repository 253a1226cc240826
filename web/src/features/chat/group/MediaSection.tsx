import { useState } from 'react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { toItems, type Conversation } from '@/api';
import { Gallery, SignedImage } from '@/entities';
import { Button } from '@/ui';
import { messagesQuery } from '../api';
import styles from './InfoSheet.module.css';

/** The photos of the messages that are loaded; more of the past brings more photos. */
export function MediaSection({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(messagesQuery(conversation.id));
  const [open, setOpen] = useState<{ messageId: string; index: number } | null>(null);
  const messages = toItems(query.data, (message) => message.id).filter((message) => message.images.length > 0 && !message.deleted_at);
  const shown = messages.find((message) => message.id === open?.messageId);
  return (
    <>
      {messages.length === 0 && <p className={styles.note}>{t('chat.noMedia')}</p>}
      <ul className={styles.media}>
        {messages.flatMap((message) =>
          message.images.map((image, index) => (
            <li key={`${message.id} ${image.media_id}`}>
              <button type="button" onClick={() => setOpen({ messageId: message.id, index })} aria-label={image.alt ? t('chat.openPhotoAlt', { alt: image.alt }) : t('chat.openPhoto')}>
                <SignedImage owner={{ conversation: conversation.id, message: message.id }} image={image} sizes="120px" />
              </button>
            </li>
          )),
        )}
      </ul>
      {query.hasNextPage && (
        <div className={styles.add}>
          <Button variant="quiet" isBusy={query.isFetchingNextPage} onPress={() => void query.fetchNextPage()}>
            {t('chat.moreMedia')}
          </Button>
        </div>
      )}
      {shown && open && <Gallery owner={{ conversation: conversation.id, message: shown.id }} images={shown.images} start={open.index} onClose={() => setOpen(null)} />}
    </>
  );
}
