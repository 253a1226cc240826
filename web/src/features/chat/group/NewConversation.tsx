import { useEffect, useState } from 'react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { errorText, fieldErrors, listOf, useTranslation } from '@/i18n';
import { api, call, messaging, type Conversation, type UserSummary } from '@/api';
import { useKeyFor } from '@/entities';
import { paths } from '@/paths';
import { tidyName } from '@/text';
import { Button, FormError, Sheet, TextField } from '@/ui';
import { useTakeConversation } from '../actions';
import { GroupPicture } from '../ConversationPicture';
import styles from './InfoSheet.module.css';
import { PeoplePicker } from './PeoplePicker';
import { PictureField } from './PictureField';

const MAX_NAME = 60;
const MAX_PEOPLE = 100;

/** With one person it is a conversation of two, with more it becomes a group that needs a name. */
export function NewConversation({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const take = useTakeConversation();
  const keyFor = useKeyFor();
  const [chosen, setChosen] = useState<UserSummary[]>([]);
  const [step, setStep] = useState<'people' | 'group'>('people');
  const [name, setName] = useState('');
  const [mediaId, setMediaId] = useState<string>();
  const [preview, setPreview] = useState<string>();
  useEffect(() => () => void (preview && URL.revokeObjectURL(preview)), [preview]);

  const open = useMutation({
    mutationFn: async (): Promise<Conversation> => {
      const [only] = chosen;
      if (step === 'people' && only) return (await call(api.POST('/conversations', { body: { user_id: only.id } }))) as unknown as Conversation;
      const group = { name: tidyName(name), member_ids: chosen.map(({ id }) => id), ...(mediaId ? { picture_media_id: mediaId } : {}) };
      return messaging.createGroup(group, keyFor(group));
    },
    onSuccess: (raw) => {
      const conversation = take(raw);
      client.setQueryData(['conversations', 'one', conversation.id], conversation);
      onClose();
      void navigate({ to: paths.conversation(conversation.id) });
    },
  });

  const nameLength = [...tidyName(name)].length;
  const isNameWrong = nameLength > MAX_NAME;
  const tooMany = chosen.length > MAX_PEOPLE;
  const error = open.error && (fieldErrors(t, open.error)['member_ids'] ? t('chat.someoneGone') : errorText(t, open.error));

  if (step === 'group') {
    return (
      <Sheet
        isOpen
        onClose={onClose}
        hasChanges={name !== '' || mediaId !== undefined || chosen.length > 1}
        title={t('chat.newGroup')}
        footer={
          <div className={styles.foot}>
            <Button variant="outline" onPress={() => setStep('people')}>
              {t('common.back')}
            </Button>
            <Button onPress={() => open.mutate()} isBusy={open.isPending} isDisabled={nameLength === 0 || isNameWrong}>
              {t('chat.createGroup')}
            </Button>
          </div>
        }
      >
        <div className={styles.form}>
          <FormError error={error} />
          <div className={styles.pictureRow}>
            {preview ? <img src={preview} alt="" className={styles.preview} /> : <GroupPicture id={null} picture={null} size={96} />}
            <PictureField hasPicture={mediaId !== undefined} onReady={setMediaId} onPreview={setPreview} />
          </div>
          <TextField label={t('chat.groupName')} value={name} onChange={setName} autoFocus error={isNameWrong ? t('chat.groupNameLong') : null} />
          <p className={styles.note}>{t('chat.groupPeople', { names: listOf(chosen.map(({ display_name: each }) => each)) })}</p>
          <p className={styles.note}>{t('chat.groupNote')}</p>
        </div>
      </Sheet>
    );
  }
  return (
    <Sheet
      isOpen
      onClose={onClose}
      title={t('chat.new')}
      hasChanges={name !== '' || mediaId !== undefined || chosen.length > 1}
      footer={
        <div className={styles.foot}>
          <Button variant={chosen.length > 1 ? 'primary' : 'outline'} wide={chosen.length > 1} onPress={() => setStep('group')} isDisabled={chosen.length === 0 || tooMany}>
            {t('chat.newGroup')}
          </Button>
          {chosen.length === 1 && (
            <Button onPress={() => open.mutate()} isBusy={open.isPending}>
              {t('chat.writeTo', { name: chosen[0]?.display_name ?? '' })}
            </Button>
          )}
        </div>
      }
    >
      <FormError error={tooMany ? t('chat.tooManyPeople') : error} />
      <PeoplePicker chosen={chosen} onChange={setChosen} />
    </Sheet>
  );
}
