import { useState } from 'react';
import { useTranslation } from '@/i18n';
import type { Conversation, Message } from '@/api';
import { useMe } from '@/entities';
import { VisuallyHidden } from '@/ui';
import { useFolds } from '../folding';
import { usePreview } from '../preview';
import { usePerson } from '../people';

/** Says aloud what arrives while the conversation is open; what was there before is not read out. */
export function Announcer({ conversation, newest }: { conversation: Conversation; newest: Message | undefined }) {
  const { t } = useTranslation();
  const me = useMe();
  const [openedAt] = useState(() => newest?.seq ?? 0);
  const sender = usePerson(conversation, newest?.sender_id ?? me.id);
  const text = usePreview(conversation, newest ?? null);
  const folds = useFolds(conversation);
  const isNew = newest !== undefined && newest.seq > openedAt && newest.sender_id !== me.id && !folds(newest);
  const words = isNew ? (newest.kind === 'event' ? text : t('chat.incoming', { name: sender?.display_name ?? t('chat.someone'), text })) : '';
  return <VisuallyHidden live="polite">{words}</VisuallyHidden>;
}
