import type { ReactNode } from 'react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Search } from 'lucide-react';
import { useTranslation } from '@/i18n';
import { toItems, type Conversation, type Message } from '@/api';
import { PersonAvatar, useDebounced } from '@/entities';
import { paths } from '@/paths';
import { isWholeWord, tidyLine } from '@/text';
import { AppLink, EmptyState, ErrorState, InfiniteList, RelativeTime, RowSkeleton, SkeletonList } from '@/ui';
import { conversationQuery, conversationsQuery, searchQuery } from '../api';
import { ConversationPicture } from '../ConversationPicture';
import { useFolds } from '../folding';
import { useName, useNameOf } from '../names';
import { usePerson } from '../people';
import { ConversationRow } from './ConversationRow';
import styles from './ConversationList.module.css';
import { matchingConversations } from './search';

const MIN = 2;
const MAX = 100;

/** Conversations by name at once, messages by their words as soon as the server has looked. */
export function SearchResults({ text, conversation, onOpen }: { text: string; conversation?: Conversation; onOpen?: () => void }) {
  const { t } = useTranslation();
  const nameOf = useNameOf();
  const list = useInfiniteQuery(conversationsQuery);
  const named = conversation ? [] : matchingConversations(toItems(list.data, ({ id }) => id), nameOf, text);
  const words = useDebounced([...tidyLine(text)].slice(0, MAX).join(''));
  const isEnough = [...words].length >= MIN || isWholeWord(words);
  const query = useInfiniteQuery({ ...searchQuery(words, conversation?.id), enabled: isEnough });
  const messages = toItems(query.data, (message) => message.id);
  const isSettled = !isEnough || (query.isFetched && words === [...tidyLine(text)].slice(0, MAX).join(''));
  if (isSettled && named.length === 0 && messages.length === 0 && !query.isError) {
    return <EmptyState icon={<Search />} title={isEnough ? t('chat.searchEmpty', { query: words }) : t('chat.searchMore')} />;
  }
  return (
    <>
      {named.length > 0 && (
        <section aria-label={t('chat.list')}>
          <h2 className={styles.heading}>{t('chat.list')}</h2>
          <ul>
            {named.map((each) => (
              <ConversationRow key={each.id} conversation={each} isSelected={false} />
            ))}
          </ul>
        </section>
      )}
      {isEnough && (
        <section aria-label={t('chat.searchMessages')}>
          <h2 className={styles.heading}>{t('chat.searchMessages')}</h2>
          {query.isError && messages.length === 0 ? (
            <ErrorState error={query.error} onRetry={() => void query.refetch()} />
          ) : (
            <InfiniteList query={query} isEmpty={messages.length === 0} skeleton={<SkeletonList of={RowSkeleton} count={3} />} empty={<p className={styles.none}>{t('chat.searchNoMessages')}</p>}>
              <ul>
                {messages.map((message) =>
                  conversation ? (
                    <HitHere key={message.id} conversation={conversation} message={message} query={words} onOpen={onOpen} />
                  ) : (
                    <Hit key={message.id} message={message} query={words} onOpen={onOpen} />
                  ),
                )}
              </ul>
            </InfiniteList>
          )}
        </section>
      )}
    </>
  );
}

interface HitProps {
  message: Message;
  query: string;
  onOpen: (() => void) | undefined;
}

/** Among all conversations a hit is headed by where it was said. */
function Hit(props: HitProps) {
  const conversation = useQuery({ ...conversationQuery(props.message.conversation_id), staleTime: 5 * 60_000 }).data;
  const isHidden = useFolds(conversation)(props.message);
  return <HitRow {...props} isHidden={isHidden} name={useName(conversation)} picture={conversation && <ConversationPicture conversation={conversation} size={36} />} />;
}

/** Within one it is headed by who said it. */
function HitHere({ conversation, ...props }: HitProps & { conversation: Conversation }) {
  const sender = usePerson(conversation, props.message.sender_id);
  const isHidden = useFolds(conversation)(props.message);
  const shown = isHidden ? undefined : sender;
  return <HitRow {...props} isHidden={isHidden} name={shown?.display_name ?? ''} picture={shown && <PersonAvatar person={shown} size={36} />} />;
}

function HitRow({ message, query, onOpen, name, picture, isHidden }: HitProps & { name: string; picture: ReactNode; isHidden: boolean }) {
  const { t } = useTranslation();
  return (
    <li>
      <AppLink to={paths.conversation(message.conversation_id)} search={{ at: message.seq }} className={styles.row} onClick={onOpen}>
        {picture}
        <span className={styles.words}>
          <span className={styles.name}>
            <span className={styles.nameText} dir="auto">
              {name || t('chat.someone')}
            </span>
          </span>
          {isHidden ? <span className={styles.last}>{t('chat.fromBlocked', { count: 1 })}</span> : <Excerpt text={message.body} query={query} />}
        </span>
        <span className={styles.side}>
          <RelativeTime iso={message.created_at} className={styles.time} />
        </span>
      </AppLink>
    </li>
  );
}

const BEFORE = 24;

/** The words around the hit, so that it is in view in one line. */
function Excerpt({ text, query }: { text: string; query: string }) {
  const at = text.toLocaleLowerCase().indexOf(query.toLocaleLowerCase());
  if (at < 0) return <span className={styles.last}>{text}</span>;
  const from = Math.max(0, at - BEFORE);
  return (
    <span className={styles.last} dir="auto">
      {from > 0 && '…'}
      {text.slice(from, at)}
      <mark className={styles.hit}>{text.slice(at, at + query.length)}</mark>
      {text.slice(at + query.length)}
    </span>
  );
}
