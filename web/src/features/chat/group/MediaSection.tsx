import { useState } from 'react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from '@/i18n';
import { toItems, type Conversation } from '@/api';
import { Gallery, SignedImage } from '@/entities';
import { InfiniteList, TileSkeleton } from '@/ui';
import { photosQuery } from '../api';
import { useFolds } from '../folding';
import styles from './InfoSheet.module.css';

/** In the gallery one should not come to an end that is none. */
const FETCH_BEFORE_END = 6;

/** All photos of the conversation that one may see, newest first. */
export function MediaSection({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation();
  const { id } = conversation;
  const query = useInfiniteQuery(photosQuery(id));
  const [openAt, setOpenAt] = useState<number | null>(null);
  const folds = useFolds(conversation);
  const messages = toItems(query.data, (message) => message.id).filter((message) => !message.deleted_at && !folds(message));
  const pictures = messages.flatMap((message) => message.images.map((image) => ({ owner: { conversation: id, message: message.id }, image })));
  const fetchNear = (index: number) => {
    if (index >= pictures.length - FETCH_BEFORE_END && query.hasNextPage && !query.isFetchingNextPage) void query.fetchNextPage();
  };
  return (
    <>
      <InfiniteList
        query={query}
        isEmpty={pictures.length === 0 && !query.hasNextPage}
        skeleton={<TileSkeleton className={styles.media} count={8} />}
        empty={<p className={styles.note}>{t('chat.noMedia')}</p>}
        {...((query.data?.pages.length ?? 0) > 1 ? { end: t('chat.allMedia') } : {})}
      >
        <ul className={styles.media}>
          {pictures.map(({ owner, image }, index) => (
            <li key={`${owner.message} ${image.media_id}`}>
              <button
                type="button"
                onClick={() => {
                  setOpenAt(index);
                  fetchNear(index);
                }}
                aria-label={image.alt ? t('chat.openPhotoAlt', { alt: image.alt }) : t('chat.openPhoto')}
              >
                <SignedImage owner={owner} image={image} sizes="120px" cell={1} />
              </button>
            </li>
          ))}
        </ul>
      </InfiniteList>
      {openAt !== null && <Gallery pictures={pictures} start={openAt} onClose={() => setOpenAt(null)} onMove={fetchNear} />}
    </>
  );
}
