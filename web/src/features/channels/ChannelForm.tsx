import { useState } from 'react';
import { useNavigate } from '@tanstack/react-router';
import { errorText, fieldErrors, useTranslation } from '@/i18n';
import { ApiError, type Channel } from '@/api';
import { useKeyFor } from '@/entities';
import { paths } from '@/paths';
import { lengthOf, tidyLines, tidyName } from '@/text';
import { Button, ChoiceGroup, FormError, Sheet, TextField, focusFirstInvalid, showToast } from '@/ui';
import { useCreateChannel, useEditChannel } from './api';
import styles from './ChannelForm.module.css';
import { SLUG, slugFrom } from './slug';

/** Creates a channel, or edits the one given. Address and visibility are chosen once. */
export function ChannelForm({ channel, onClose }: { channel?: Channel; onClose: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const create = useCreateChannel();
  const edit = useEditChannel(channel?.id ?? '');
  const [name, setName] = useState(channel?.name ?? '');
  const [ownSlug, setOwnSlug] = useState<string>();
  const [description, setDescription] = useState(channel?.description ?? '');
  const [visibility, setVisibility] = useState<'open' | 'private'>('open');
  const [wasSent, setSent] = useState(false);
  const keyFor = useKeyFor();
  const slug = ownSlug ?? slugFrom(name);
  const { error, isPending } = channel ? edit : create;

  const rules = {
    name: tidyName(name) === '' || [...tidyName(name)].length > 60 ? t('channels.nameWrong') : null,
    // Left empty, the server makes one from the name.
    slug: !channel && slug !== '' && !SLUG.test(slug) ? t('channels.slugWrong') : null,
    description: lengthOf(description) > 500 ? t('channels.descriptionLong') : null,
  };
  const server: Record<string, string> = fieldErrors(t, error);
  if (error instanceof ApiError && error.code === 'slug_taken') server.slug = t('errors.slug_taken');
  const errorOf = (field: keyof typeof rules) => (wasSent && rules[field]) || server[field] || null;

  function submit(event: React.FormEvent<HTMLFormElement>) {
    event.preventDefault();
    setSent(true);
    if (rules.name || rules.slug || rules.description) {
      focusFirstInvalid(event.currentTarget);
      return;
    }
    const body = { name: tidyName(name), description: tidyLines(description) };
    if (channel) {
      edit.mutate(body, {
        onSuccess: () => {
          showToast(t('common.saved'));
          onClose();
        },
      });
      return;
    }
    const wanted = { ...body, slug: slug || undefined, visibility };
    create.mutate(
      { channel: wanted, key: keyFor(wanted) },
      {
        onSuccess: (created) => {
          onClose();
          void navigate({ to: paths.channel(created.slug) });
        },
      },
    );
  }

  return (
    <Sheet
      isOpen
      onClose={onClose}
      title={channel ? t('channels.editTitle') : t('channels.create')}
      hasChanges={name !== (channel?.name ?? '') || description !== (channel?.description ?? '') || ownSlug !== undefined}
      footer={
        <Button type="submit" form="channel-form" wide isBusy={isPending}>
          {channel ? t('common.save') : t('channels.create')}
        </Button>
      }
    >
      <form id="channel-form" className={styles.form} onSubmit={submit} noValidate>
        <FormError error={error && Object.keys(server).length === 0 && errorText(t, error)} />
        <TextField label={t('channels.name')} value={name} onChange={setName} error={errorOf('name')} autoFocus />
        {!channel && (
          <TextField
            label={t('channels.slug')}
            prefix="#"
            prefixIsShort
            value={slug}
            onChange={(value) => setOwnSlug(value.toLowerCase())}
            hint={t(visibility === 'private' ? 'channels.slugHintPrivate' : 'channels.slugHint')}
            error={errorOf('slug')}
            isCode
          />
        )}
        <TextField label={t('channels.description')} multiline value={description} onChange={setDescription} hint={t('channels.descriptionHint')} error={errorOf('description')} />
        {!channel && (
          <ChoiceGroup
            label={t('channels.visibility')}
            value={visibility}
            onChange={setVisibility}
            choices={[
              { value: 'open', label: t('channels.open'), hint: t('channels.openHint') },
              { value: 'private', label: t('channels.private'), hint: t('channels.privateHint') },
            ]}
          />
        )}
      </form>
    </Sheet>
  );
}
