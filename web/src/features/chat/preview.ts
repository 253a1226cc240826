// A message in one line, and what happened in words.
import { listOf, useTranslation } from '@/i18n';
import '@/i18n/chat';
import type { Conversation, Message } from '@/api';
import { useMe } from '@/entities';
import { useFolds } from './folding';
import { usePerson } from './people';
import { durationText } from './group/retention';

export function useEventText(conversation: Conversation, message: Message | null): string {
  const { t } = useTranslation();
  const me = useMe();
  const event = message?.event;
  const named = event ? ('user_ids' in event ? event.user_ids : 'user_id' in event ? [event.user_id] : []) : [];
  const actor = usePerson(conversation, message?.sender_id ?? me.id);
  // Hooks need a fixed number of people: three names, the rest is a number.
  const people = [usePerson(conversation, named[0] ?? me.id), usePerson(conversation, named[1] ?? me.id), usePerson(conversation, named[2] ?? me.id)];
  if (!message || !event) return '';
  const isMine = message.sender_id === me.id;
  const nameOf = (id: string | undefined, known: string | undefined) => (id === me.id ? t('chat.event.youObject') : (known ?? t('chat.someone')));
  const names = named.slice(0, 3).map((id, index) => nameOf(id, people[index]?.display_name));
  if (named.length > 3) names.push(t('chat.event.others', { count: named.length - 3 }));
  const who = isMine ? t('chat.event.youSubject') : (actor?.display_name ?? t('chat.someone'));
  const values = { who, names: listOf(names) };
  switch (event.type) {
    case 'renamed':
      return t('chat.event.renamed', { ...values, name: event.name });
    case 'role_changed':
      return t(`chat.event.role_${event.role}`, values);
    case 'retention_changed':
      return event.retention_seconds == null ? t('chat.event.retentionOff', values) : t('chat.event.retention', { ...values, time: durationText(t, event.retention_seconds) });
    default:
      return t(`chat.event.${event.type}`, values);
  }
}

/** For lists, quotes and pins. */
export function usePreview(conversation: Conversation, message: Message | null): string {
  const { t } = useTranslation();
  const event = useEventText(conversation, message);
  const folds = useFolds(conversation);
  if (!message) return '';
  if (folds(message)) return t('chat.fromBlocked', { count: 1 });
  if (message.kind === 'event') return event;
  if (message.deleted_at) return t('chat.deleted');
  if (message.body) return message.body;
  const alt = message.images.length === 1 ? message.images[0]?.alt : '';
  return alt ? t('chat.photoAlt', { alt }) : t('chat.photos', { count: Math.max(1, message.images.length + message.withheld_images) });
}
