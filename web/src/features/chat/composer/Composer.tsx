import { useEffect, useImperativeHandle, useMemo, useRef, useState, type KeyboardEvent, type Ref } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { Check, ImagePlus, Pencil, Reply, SendHorizontal, X } from 'lucide-react';
import { TextArea } from 'react-aria-components';
import { flushSync } from 'react-dom';
import { useTranslation } from '@/i18n';
import type { Conversation, Message } from '@/api';
import { MAX_PHOTOS, PICTURE_TYPES, live, problemsWith, takeFiles, useMe } from '@/entities';
import { isBlank, tidyLines } from '@/text';
import { IconButton, cx, isSendKey, keyOf, showToast, useSendsOnEnter } from '@/ui';
import { changeMessage, useAttempt } from '../actions';
import { QuoteWords } from '../log/Quote';
import { useMembers } from '../people';
import { usePreview } from '../preview';
import styles from './Composer.module.css';
import { MAX_LENGTH, answerTo, excess, holdDraft, sendDraft, useDraft, useIsSending, writeDraft } from './drafts';
import { MentionList } from './MentionList';
import { changeEdit, endEdit, useComposerMode, type ComposerMode } from './mode';
import { completeMention, matchingPeople, mentionAt } from './mentions';
import { PhotoTray } from './PhotoTray';
import { addPhotos, altExcess, keepTray, takeTray, useTray } from './tray';


export interface ComposerHandle {
  focus: () => void;
  addFiles: (files: readonly File[]) => void;
}

interface ComposerProps {
  conversation: Conversation;
  onEditLast: () => boolean;
  ref: Ref<ComposerHandle>;
}

export function Composer({ conversation, onEditLast, ref }: ComposerProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const attempt = useAttempt();
  const { id } = conversation;
  const draft = useDraft(id);
  const isSending = useIsSending(id);
  const mode = useComposerMode(id);
  const sendsOnEnter = useSendsOnEnter();
  const [savingId, setSavingId] = useState<string | null>(null);
  const [problems, setProblems] = useState<string[]>([]);
  const photos = useTray(id);
  const field = useRef<HTMLTextAreaElement>(null);
  const fileInput = useRef<HTMLInputElement>(null);
  const editing = mode?.type === 'edit' ? mode.message : null;
  const isEditing = editing !== null;
  const isSaving = isEditing && savingId === editing.id;
  const text = mode?.type === 'edit' ? mode.text : draft;
  const body = tidyLines(text);
  const over = excess(text);
  const isTooLong = over > 0;
  const isBusy = isEditing ? isSaving : isSending;
  const canSend = !isTooLong && !isBusy && (isEditing ? body !== '' : (body !== '' || photos.length > 0) && !photos.some((photo) => photo.isRejected || altExcess(photo.alt) > 0));
  const mention = useMention(conversation, text, change, field);
  useHold(id, field, isEditing);

  async function addAll(files: readonly File[]) {
    field.current?.focus();
    const taken = await takeFiles(files, MAX_PHOTOS - photos.length);
    setProblems(problemsWith(t, taken, t('chat.tooManyPhotos')));
    addPhotos(id, taken.photos);
  }

  useImperativeHandle(ref, () => ({ focus: () => field.current?.focus(), addFiles: (files) => void addAll(files) }));

  const target = mode && `${mode.type} ${mode.message.id}`;
  useEffect(() => {
    if (!target) return;
    const element = field.current;
    element?.focus();
    element?.setSelectionRange(element.value.length, element.value.length);
  }, [target]);

  function change(next: string) {
    if (isEditing) {
      changeEdit(id, next);
      return;
    }
    writeDraft(id, next);
    if (!isBlank(next)) live.typing(id);
  }

  function leave() {
    if (editing) endEdit(editing);
    else answerTo(id, null);
  }

  /** The words stay in the field until the server has them: a change that failed can be tried again. */
  async function save(message: Message) {
    if (body === message.body) {
      endEdit(message);
      return;
    }
    setSavingId(message.id);
    const isSaved = await attempt(() => changeMessage.edit(client, message, body));
    if (isSaved) endEdit(message);
    setSavingId((now) => (now === message.id ? null : now));
    field.current?.focus();
  }

  async function send() {
    if (!canSend) return;
    if (editing) {
      await save(editing);
      return;
    }
    setProblems([]);
    field.current?.focus();
    const isKept = await sendDraft(id, body, takeTray(id));
    void keepTray(id);
    if (!isKept) showToast(t('chat.notKept'), { tone: 'error' });
  }

  function onKeyDown(event: KeyboardEvent<HTMLTextAreaElement>) {
    const key = keyOf(event);
    if (mention.onKeyDown(event)) return;
    if (key === 'Escape' && mode) {
      event.preventDefault();
      leave();
    } else if (key === 'ArrowUp' && text === '' && !mode && onEditLast()) {
      event.preventDefault();
    } else if (isSendKey(event, sendsOnEnter)) {
      event.preventDefault();
      void send();
    }
  }

  return (
    <form
      className={styles.box}
      data-kept={isEditing ? undefined : ''}
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      {mode && <ModeBar conversation={conversation} mode={mode} onCancel={leave} />}
      {!isEditing && photos.length > 0 && <PhotoTray conversationId={id} photos={photos} />}
      {problems.length > 0 && (
        <div role="alert" className={styles.error}>
          {problems.map((problem) => (
            <p key={problem}>{problem}</p>
          ))}
        </div>
      )}
      <MentionList {...mention.list} />
      {!isEditing && (
        <IconButton className={styles.attach ?? ''} label={t('chat.addPhotos')} icon={<ImagePlus />} onPress={() => fileInput.current?.click()} isDisabled={photos.length >= MAX_PHOTOS} />
      )}
      <input
        ref={fileInput}
        type="file"
        accept={PICTURE_TYPES}
        multiple
        hidden
        data-testid="message-photo-input"
        aria-label={t('chat.addPhotos')}
        onChange={(event) => {
          void addAll([...(event.target.files ?? [])]);
          event.target.value = '';
        }}
      />
      <TextArea
        ref={field}
        className={cx(styles.text, isEditing && styles.wide)}
        aria-label={isEditing ? t('chat.editField') : t('chat.body')}
        aria-invalid={isTooLong}
        placeholder={t('chat.placeholder')}
        rows={1}
        dir="auto"
        enterKeyHint={sendsOnEnter ? 'send' : 'enter'}
        readOnly={isSaving}
        value={text}
        {...mention.fieldProps}
        onChange={(event) => {
          mention.noteCaret(event.target.selectionStart);
          change(event.target.value);
        }}
        onKeyDown={onKeyDown}
        onPaste={(event) => {
          const files = [...event.clipboardData.files].filter((file) => file.type.startsWith('image/'));
          if (files.length === 0 || isEditing) return;
          event.preventDefault();
          void addAll(files);
        }}
      />
      <IconButton
        type="submit"
        variant="primary"
        label={isEditing ? t('common.save') : t('chat.send')}
        icon={isEditing ? <Check /> : <SendHorizontal className={styles.icon} />}
        isDisabled={!canSend}
      />
      {isTooLong && (
        <p className={styles.error} role="alert">
          {t('chat.tooLong', { count: over, max: MAX_LENGTH })}
        </p>
      )}
    </form>
  );
}

/** Says whether the person is in the field: then nothing from elsewhere changes what stands there. */
function useHold(id: string, field: React.RefObject<HTMLTextAreaElement | null>, isEditing: boolean): void {
  useEffect(() => {
    const tell = () => holdDraft(id, !isEditing && document.visibilityState === 'visible' && document.activeElement === field.current);
    tell();
    const element = field.current;
    element?.addEventListener('focus', tell);
    element?.addEventListener('blur', tell);
    document.addEventListener('visibilitychange', tell);
    return () => {
      element?.removeEventListener('focus', tell);
      element?.removeEventListener('blur', tell);
      document.removeEventListener('visibilitychange', tell);
      holdDraft(id, false);
    };
  }, [id, field, isEditing]);
}

function ModeBar({ conversation, mode, onCancel }: { conversation: Conversation; mode: NonNullable<ComposerMode>; onCancel: () => void }) {
  const { t } = useTranslation();
  const preview = usePreview(conversation, mode.message);
  return (
    <div className={styles.mode}>
      {mode.type === 'edit' ? <Pencil aria-hidden="true" /> : <Reply aria-hidden="true" className={styles.icon} />}
      {mode.type === 'edit' ? (
        <p className={styles.modeText}>
          <strong>{t('chat.editing')}</strong>
          <span dir="auto">{preview}</span>
        </p>
      ) : (
        <QuoteWords conversation={conversation} message={mode.message} />
      )}
      <IconButton label={mode.type === 'edit' ? t('chat.cancelEdit') : t('chat.cancelReply')} icon={<X />} onPress={onCancel} />
    </div>
  );
}

/** "@" in a group offers its members. */
function useMention(conversation: Conversation, text: string, onChange: (text: string) => void, field: React.RefObject<HTMLTextAreaElement | null>) {
  const me = useMe();
  const { members } = useMembers(conversation);
  const [caret, setCaret] = useState(0);
  const [place, setPlace] = useState({ query: '', index: 0 });
  const [closedAt, setClosedAt] = useState<number | null>(null);
  const open = useMemo(() => mentionAt(text, caret), [text, caret]);
  const isOpen = open !== null && open.from !== closedAt && members.length > 0;
  const people = useMemo(
    () => (isOpen && open ? matchingPeople(members.map(({ user }) => user).filter(({ id }) => id !== me.id), open.query) : []),
    [isOpen, open, members, me.id],
  );
  // Another query begins at its first answer.
  const index = place.query === open?.query ? Math.min(place.index, people.length - 1) : 0;
  const active = people[index];

  function choose(handle: string) {
    if (!open) return;
    const next = completeMention(text, open, handle);
    // At once: the next key may already be on its way, and must come after the name.
    flushSync(() => {
      onChange(next.text);
      setCaret(next.caret);
    });
    field.current?.focus();
    field.current?.setSelectionRange(next.caret, next.caret);
  }

  return {
    noteCaret: setCaret,
    list: { people, activeId: active?.id, onChoose: choose },
    fieldProps: {
      role: 'combobox',
      'aria-autocomplete': 'list' as const,
      'aria-expanded': people.length > 0,
      'aria-controls': 'mention-list',
      ...(active ? { 'aria-activedescendant': `mention-${active.id}` } : {}),
      onSelect: (event: React.SyntheticEvent<HTMLTextAreaElement>) => setCaret(event.currentTarget.selectionStart),
    },
    onKeyDown(event: KeyboardEvent): boolean {
      if (people.length === 0 || !open) return false;
      const key = keyOf(event);
      const step = { ArrowDown: 1, ArrowUp: -1 }[key];
      if (step) setPlace({ query: open.query, index: (index + step + people.length) % people.length });
      else if ((key === 'Enter' && !event.shiftKey) || key === 'Tab') choose(active?.handle ?? '');
      else if (key === 'Escape') setClosedAt(open.from);
      else return false;
      event.preventDefault();
      event.stopPropagation();
      return true;
    },
  };
}
