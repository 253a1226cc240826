import { useEffect, useRef, useState } from 'react';
import { Camera, Trash2 } from 'lucide-react';
import { errorText, fieldErrors, useTranslation } from '@/i18n';
import '@/i18n/photos';
import type { User } from '@/api';
import { checkDisplayName } from '@/features/auth';
import { PICTURE_TYPES, PersonAvatar, UploadCancelled, checkFile, uploadMedia, type UploadHandle } from '@/entities';
import { lengthOf, tidyLines, tidyName } from '@/text';
import { Button, FormError, Sheet, TextField, showToast } from '@/ui';
import { useEditProfile, type ProfileChange } from './api';
import styles from './EditProfile.module.css';

type Picture = { state: 'kept' } | { state: 'removed' } | { state: 'uploading' | 'ready'; previewUrl: string | null; mediaId: string | null };

export function EditProfile({ user, onClose }: { user: User; onClose: () => void }) {
  const { t } = useTranslation();
  const edit = useEditProfile();
  const [name, setName] = useState(user.display_name);
  const [bio, setBio] = useState(user.bio);
  const [wasSent, setSent] = useState(false);
  const { picture, problem, isAnimated, choose, remove } = usePicture();
  const fileInput = useRef<HTMLInputElement>(null);
  const server = fieldErrors(t, edit.error);
  const nameRule = checkDisplayName(name);
  const bioRule = lengthOf(bio) > 500 ? t('people.bioLong') : null;

  function submit(event: React.FormEvent) {
    event.preventDefault();
    setSent(true);
    if (nameRule || bioRule || picture.state === 'uploading') return;
    const change: ProfileChange = { display_name: tidyName(name), bio: tidyLines(bio) };
    if (picture.state === 'removed') change.avatar_media_id = null;
    if (picture.state === 'ready') change.avatar_media_id = picture.mediaId;
    edit.mutate(change, {
      onSuccess: () => {
        showToast(t('common.saved'));
        onClose();
      },
    });
  }

  const hasPicture = picture.state === 'kept' ? user.avatar !== null : picture.state !== 'removed';
  return (
    <Sheet
      isOpen
      onClose={onClose}
      title={t('people.edit')}
      hasChanges={name !== user.display_name || bio !== user.bio || picture.state !== 'kept'}
      footer={
        <Button type="submit" form="profile-form" wide isBusy={edit.isPending} isDisabled={picture.state === 'uploading'}>
          {picture.state === 'uploading' ? t('people.photoUploading') : t('common.save')}
        </Button>
      }
    >
      <form id="profile-form" className={styles.form} onSubmit={submit} noValidate>
        <FormError error={edit.error && Object.keys(server).length === 0 && errorText(t, edit.error)} />
        <div className={styles.picture}>
          {'previewUrl' in picture && picture.previewUrl ? (
            <img className={styles.preview} src={picture.previewUrl} alt="" />
          ) : (
            <PersonAvatar person={picture.state === 'removed' ? { ...user, avatar: null } : user} size={96} />
          )}
          <div className={styles.buttons}>
            <Button variant="outline" onPress={() => fileInput.current?.click()}>
              <Camera aria-hidden="true" />
              {t('people.changePhoto')}
            </Button>
            {hasPicture && (
              <Button variant="quiet" onPress={remove}>
                <Trash2 aria-hidden="true" />
                {t('people.removePhoto')}
              </Button>
            )}
          </div>
        </div>
        <input
          ref={fileInput}
          type="file"
          hidden
          data-testid="avatar-input"
          aria-label={t('people.changePhoto')}
          accept={PICTURE_TYPES}
          onChange={(event) => {
            const [file] = event.target.files ?? [];
            if (file) void choose(file);
            event.target.value = '';
          }}
        />
        <FormError error={problem} />
        {isAnimated && (
          <p className={styles.note} role="status">
            {t('compose.animated')}
          </p>
        )}
        <TextField label={t('auth.displayName')} value={name} onChange={setName} error={(wasSent && nameRule && t(`auth.${nameRule}`)) || server.display_name} />
        <TextField label={t('people.bio')} multiline value={bio} onChange={setBio} hint={t('people.bioHint')} error={bioRule ?? server.bio} />
      </form>
    </Sheet>
  );
}

function usePicture() {
  const { t } = useTranslation();
  const [picture, setPicture] = useState<Picture>({ state: 'kept' });
  const [problem, setProblem] = useState<string | null>(null);
  const [isAnimated, setAnimated] = useState(false);
  const upload = useRef<UploadHandle | null>(null);
  const url = 'previewUrl' in picture ? picture.previewUrl : null;
  useEffect(() => () => upload.current?.cancel(), []);
  useEffect(() => (url ? () => URL.revokeObjectURL(url) : undefined), [url]);

  function fail(error: unknown) {
    if (error instanceof UploadCancelled) return;
    setProblem(errorText(t, error));
    setPicture({ state: 'kept' });
  }

  async function choose(file: File) {
    upload.current?.cancel();
    setProblem(null);
    setAnimated(false);
    const wrong = await checkFile(file);
    if (wrong) {
      fail(wrong);
      return;
    }
    setPicture({ state: 'uploading', previewUrl: null, mediaId: null });
    const onPrepared = (blob: Blob, moves: boolean) => {
      setAnimated(moves);
      setPicture({ state: 'uploading', previewUrl: URL.createObjectURL(blob), mediaId: null });
    };
    const started = uploadMedia(file, 'avatar', { onPrepared });
    upload.current = started;
    started.done.then((mediaId) => setPicture((before) => ('previewUrl' in before ? { ...before, state: 'ready', mediaId } : before)), fail);
  }

  function remove() {
    upload.current?.cancel();
    setAnimated(false);
    setPicture({ state: 'removed' });
  }

  return { picture, problem, isAnimated, choose, remove };
}
