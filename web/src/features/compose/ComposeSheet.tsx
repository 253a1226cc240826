import { useEffect, useReducer, useRef, useState } from 'react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { ImagePlus } from 'lucide-react';
import { TextArea } from 'react-aria-components';
import { errorText, useTranslation } from '@/i18n';
import { api, call, newKey, type ChannelSummary } from '@/api';
import { insertPost } from '@/features/posts';
import { MAX_PHOTOS, PICTURE_TYPES, problemsWith, takeFiles } from '@/entities';
import { paths } from '@/paths';
import { Button, FormError, Sheet, showToast, isSendKey } from '@/ui';
import { ChannelSelect } from './ChannelSelect';
import styles from './ComposeSheet.module.css';
import { readDraft, writeDraft } from './draft';
import { MAX_BODY, blockReason, bodyLength, composeReducer, emptyCompose, toPost } from './machine';
import { PhotoRows } from './PhotoRow';
import { closeCompose, useComposeRequest } from './store';
import { usePhotos } from './usePhotos';

const reducer = composeReducer(newKey);
const WARN_BELOW = 500;

/** Mounted once; shows itself when asked for. */
export function ComposeSheet() {
  const request = useComposeRequest();
  return request && <Composer channel={request.channel} />;
}

function Composer({ channel }: { channel: ChannelSummary | null }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [state, dispatch] = useReducer(reducer, null, () => emptyCompose(newKey(), readDraft(), channel?.id ?? null));
  const [fileProblems, setFileProblems] = useState<string[]>([]);
  const fileInput = useRef<HTMLInputElement>(null);
  usePhotos(state.photos, dispatch);
  useReleasedPreviews(state.photos);
  useEffect(() => writeDraft(state.body), [state.body]);

  const publish = useMutation({
    mutationFn: () => call(api.POST('/posts', { body: toPost(state), headers: { 'Idempotency-Key': state.key } })),
    onSuccess: (post) => {
      insertPost(client, post);
      writeDraft('');
      closeCompose();
      showToast(t('compose.posted'), { to: paths.post(post.id) });
    },
  });

  const reason = blockReason(state);
  const length = bodyLength(state);
  const reasonText = reason && t(`compose.reason_${reason}`, { over: length - MAX_BODY });

  async function addFiles(files: Iterable<File>) {
    const taken = await takeFiles(files, MAX_PHOTOS - state.photos.length);
    setFileProblems(problemsWith(t, taken, t('compose.tooMany')));
    dispatch({ type: 'add', photos: taken.photos });
  }

  function onPaste(event: React.ClipboardEvent) {
    const files = [...event.clipboardData.files].filter((file) => file.type.startsWith('image/'));
    if (files.length === 0) return;
    event.preventDefault();
    void addFiles(files);
  }

  function onKeyDown(event: React.KeyboardEvent) {
    if (isSendKey(event, false) && !reason && !publish.isPending) publish.mutate();
  }

  return (
    <Sheet
      isOpen
      onClose={closeCompose}
      title={t('compose.title')}
      footer={
        <div className={styles.foot}>
          <Button variant="quiet" onPress={() => fileInput.current?.click()} isDisabled={state.photos.length >= MAX_PHOTOS}>
            <ImagePlus aria-hidden="true" />
            {t('compose.addPhotos')}
          </Button>
          <p className={styles.reason} id="compose-reason" aria-live="polite">
            {/* An empty sheet needs no explanation for the eye; the button's description says it. */}
            {reason && reason !== 'empty' ? reasonText : MAX_BODY - length < WARN_BELOW && t('compose.charactersLeft', { count: MAX_BODY - length })}
          </p>
          <Button onPress={() => publish.mutate()} isDisabled={reason !== null} isBusy={publish.isPending} aria-describedby="compose-reason">
            {t('compose.post')}
          </Button>
        </div>
      }
    >
      <div
        className={styles.body}
        onDragOver={(event) => event.preventDefault()}
        onDrop={(event) => {
          event.preventDefault();
          void addFiles(event.dataTransfer.files);
        }}
      >
        <FormError error={publish.error && errorText(t, publish.error)} />
        <ChannelSelect value={state.channelId} preset={channel} onChange={(channelId) => dispatch({ type: 'channel', channelId })} />
        <TextArea
          className={styles.text}
          aria-label={t('compose.body')}
          placeholder={t('compose.promptShort')}
          value={state.body}
          onChange={(event) => dispatch({ type: 'body', body: event.target.value })}
          onPaste={onPaste}
          onKeyDown={onKeyDown}
          autoFocus
          dir="auto"
        />
        <input
          ref={fileInput}
          type="file"
          accept={PICTURE_TYPES}
          multiple
          hidden
          data-testid="photo-input"
          aria-label={t('compose.addPhotos')}
          onChange={(event) => {
            void addFiles([...(event.target.files ?? [])]);
            event.target.value = '';
          }}
        />
        <div role="alert" className={styles.problems}>
          {fileProblems.map((problem) => (
            <p key={problem}>{problem}</p>
          ))}
        </div>
        {state.photos.length > 0 && <PhotoRows photos={state.photos} dispatch={dispatch} />}
      </div>
    </Sheet>
  );
}

/** Previews hold the whole file in memory until they are let go. */
function useReleasedPreviews(photos: readonly { previewUrl: string }[]): void {
  const known = useRef(new Set<string>());
  useEffect(() => {
    const current = new Set(photos.map((photo) => photo.previewUrl));
    for (const url of known.current) if (!current.has(url)) URL.revokeObjectURL(url);
    known.current = current;
  }, [photos]);
  useEffect(() => {
    const urls = known;
    return () => {
      for (const url of urls.current) URL.revokeObjectURL(url);
    };
  }, []);
}
