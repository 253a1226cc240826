import { useEffect, useReducer, useRef, useState } from 'react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { ImagePlus } from 'lucide-react';
import { TextArea } from 'react-aria-components';
import { errorText, useTranslation, type TFunction } from '@/i18n';
import '@/i18n/photos';
import { ApiError, api, call, newKey, type ChannelSummary, type Post } from '@/api';
import { insertPost } from '@/features/posts';
import { MAX_PHOTOS, PICTURE_TYPES, addedAgain, hasNothing, problemsWith, takeFiles, useMe } from '@/entities';
import { paths } from '@/paths';
import { Button, Confirm, FormError, Sheet, isSendKey, showToast, useLayer } from '@/ui';
import { inChannel, type Audience } from './audience';
import { ChannelSelect } from './ChannelSelect';
import styles from './ComposeSheet.module.css';
import { MAX_BODY, blockReason, bodyLength, composeReducer, resumeCompose, toPost } from './machine';
import { PhotoRows } from './PhotoRow';
import { closeCompose, isComposing, useComposeRequest, type ComposeRequest } from './store';
import { rememberPlace } from './lastPlace';
import { useAudience } from './useAudience';
import { usePhotos } from './usePhotos';
import { useKeeping, useSweptPhotos, useUnfinished, type Opened } from './useUnfinished';
import { WhoSees } from './WhoSees';

const reducer = composeReducer(newKey);
const WARN_BELOW = 500;

/** Mounted once; shows itself when asked for. */
export function ComposeSheet() {
  const request = useComposeRequest();
  return request && <Opening request={request} />;
}

/** What was begun is read from the device first: a blink. */
function Opening({ request }: { request: ComposeRequest }) {
  const me = useMe();
  const opened = useUnfinished(me.id);
  // Back is of the sheet also in that blink.
  useLayer(!opened, () => closeCompose());
  return opened && <Composer request={request} opened={opened} />;
}

function begin(channel: ChannelSummary | null, { body, place, photos, key }: Opened) {
  return resumeCompose(newKey, { body, place, photos: photos.map(addedAgain), key }, channel ? inChannel(channel.id) : place);
}

function Composer({ request, opened }: { request: ComposeRequest; opened: Opened }) {
  const { t } = useTranslation();
  const me = useMe();
  const client = useQueryClient();
  const { post } = opened;
  const { channel } = request;
  const [state, dispatch] = useReducer(reducer, null, () => begin(channel, opened));
  const [isFound, setFound] = useState(opened.isFound);
  const [fileProblems, setFileProblems] = useState<string[]>([]);
  const fileInput = useRef<HTMLInputElement>(null);
  const textArea = useRef<HTMLTextAreaElement>(null);
  const { channels, audience } = useAudience({ place: state.place, last: opened.last, preset: channel, dispatch });
  const isKept = useKeeping(post, state);
  usePhotos(state.photos, dispatch);
  useReleasedPreviews(state.photos);
  useSweptPhotos(opened.photos, dispatch);

  const publish = useMutation({
    mutationFn: () => call(api.POST('/posts', { body: toPost(state), headers: { 'Idempotency-Key': state.key } })),
    onSuccess: async (published) => {
      insertPost(client, published);
      if (state.place) void rememberPlace(me.id, state.place);
      await post.discard();
      // The person may have closed it, and begun another one.
      closeCompose(request);
      showToast(whereItIs(t, published, audience), { to: paths.post(published.id) });
    },
    onError: (error) => {
      if (!isComposing(request)) showToast(errorText(t, error), { tone: 'error' });
      // Swept while this was lying here.
      if (error instanceof ApiError && error.code === 'media_not_ready') dispatch({ type: 'sendAgain', ids: state.photos.map(({ id }) => id) });
    },
  });

  const isNothing = hasNothing(state);
  const reason = blockReason(state);
  const length = bodyLength(state);
  const reasonText = reason && t(`compose.reason_${reason}`, { over: length - MAX_BODY });

  function send() {
    post.posting(publish.mutateAsync());
  }

  function close() {
    closeCompose(request);
    if (isKept && !isNothing && !publish.isPending) showToast(t('compose.keptForLater'));
  }

  function startOver() {
    dispatch({ type: 'startOver' });
    setFound(false);
    setFileProblems([]);
    textArea.current?.focus();
  }

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
    if (isSendKey(event, false) && !reason && !publish.isPending) send();
  }

  return (
    <Sheet
      isOpen
      onClose={close}
      title={t('compose.title')}
      hasChanges={!isKept && !isNothing}
      footer={
        <div className={styles.footer}>
          <WhoSees id="compose-audience" audience={audience} />
          <div className={styles.foot}>
            <Button variant="quiet" onPress={() => fileInput.current?.click()} isDisabled={state.photos.length >= MAX_PHOTOS}>
              <ImagePlus aria-hidden="true" />
              {t('compose.addPhotos')}
            </Button>
            <p className={styles.reason} id="compose-reason" aria-live="polite">
              {/* An empty sheet needs no explanation for the eye; the button's description says it. */}
              {reason && reason !== 'empty' ? reasonText : MAX_BODY - length < WARN_BELOW && t('compose.charactersLeft', { count: MAX_BODY - length })}
            </p>
            <Button onPress={send} isDisabled={reason !== null} isBusy={publish.isPending} aria-describedby="compose-audience compose-reason">
              {t('compose.post')}
            </Button>
          </div>
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
        <ChannelSelect value={state.place} channels={channels} onChange={(place) => dispatch({ type: 'place', place })} />
        <TextArea
          ref={textArea}
          className={styles.text}
          aria-label={t('compose.body')}
          placeholder={t('compose.promptShort')}
          value={state.body}
          onChange={(event) => dispatch({ type: 'body', body: event.target.value })}
          onPaste={onPaste}
          onKeyDown={onKeyDown}
          // What were written now would go with what is posted.
          readOnly={publish.isPending}
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
        {!isNothing && <Keeping isKept={isKept} isFound={isFound} onStartOver={startOver} />}
      </div>
    </Sheet>
  );
}

/** That it is kept, or is not, and the way to be rid of it. */
function Keeping({ isKept, isFound, onStartOver }: { isKept: boolean; isFound: boolean; onStartOver: () => void }) {
  const { t } = useTranslation();
  const [isAsking, setAsking] = useState(false);
  return (
    <div className={styles.keeping}>
      <p role="status">{t(!isKept ? 'compose.notKept' : isFound ? 'compose.found' : 'compose.kept')}</p>
      <Button variant="quiet" onPress={() => setAsking(true)}>
        {t('compose.startOver')}
      </Button>
      <Confirm
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        onConfirm={() => {
          setAsking(false);
          onStartOver();
        }}
        title={t('compose.startOverTitle')}
        text={t('compose.startOverText')}
        confirmLabel={t('compose.startOver')}
        cancelLabel={t('common.keepEditing')}
      />
    </div>
  );
}

function whereItIs(t: TFunction, { channel }: Post, audience: Audience | null): string {
  if (channel) return t('compose.postedIn', { name: channel.name });
  return t(audience?.isWarning ? 'compose.postedToNobody' : 'compose.postedToFollowers');
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
