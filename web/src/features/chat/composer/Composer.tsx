import { useEffect, useImperativeHandle, useMemo, useRef, useState, type KeyboardEvent, type Ref } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { Check, ImagePlus, Pencil, Reply, SendHorizontal, X } from 'lucide-react';
import { TextArea } from 'react-aria-components';
import { flushSync } from 'react-dom';
import { useTranslation } from '@/i18n';
import type { Conversation, Message } from '@/api';
import { MAX_PHOTOS, PICTURE_TYPES, live, problemsWith, takeFiles, useMe } from '@/entities';
import { isBlank, tidyLines } from '@/text';
import { IconButton, cx, isSendKey, keyOf, useSendsOnEnter } from '@/ui';
import { changeMessage, useAttempt } from '../actions';
import { QuoteWords } from '../log/Quote';
import { useMembers } from '../people';
import { usePreview } from '../preview';
import { sendMessage } from '../outbox';
import styles from './Composer.module.css';
import { useDraft, writeDraft } from './drafts';
import { MentionList } from './MentionList';
import { completeMention, matchingPeople, mentionAt } from './mentions';
import { PhotoTray } from './PhotoTray';
import { addPhotos, takeTray, useTray } from './tray';

const MAX_LENGTH = 4000;

export type ComposerMode = { type: 'reply'; message: Message } | { type: 'edit'; message: Message } | null;

export interface ComposerHandle {
  focus: () => void;
  addFiles: (files: readonly File[]) => void;
}

interface ComposerProps {
  conversation: Conversation;
  mode: ComposerMode;
  onDone: () => void;
  onEditLast: () => boolean;
  ref: Ref<ComposerHandle>;
}

export function Composer({ conversation, mode, onDone, onEditLast, ref }: ComposerProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const attempt = useAttempt();
  const sendsOnEnter = useSendsOnEnter();
  const { id } = conversation;
  const draft = useDraft(id);
  const [edited, setEdited] = useState<{ id: string; text: string } | null>(null);
  const [problems, setProblems] = useState<string[]>([]);
  const photos = useTray(id);
  const field = useRef<HTMLTextAreaElement>(null);
  const fileInput = useRef<HTMLInputElement>(null);
  const editing = mode?.type === 'edit' ? mode.message : null;
  const isEditing = editing !== null;
  const text = editing ? (edited?.id === editing.id ? edited.text : editing.body) : draft;
  const body = tidyLines(text);
  const isTooLong = [...body].length > MAX_LENGTH;
  const canSend = !isTooLong && (isEditing ? body !== '' : (body !== '' || photos.length > 0) && !photos.some((photo) => photo.isRejected));
  const mention = useMention(conversation, text, change, field);

  async function addAll(files: readonly File[]) {
    field.current?.focus();
    const taken = await takeFiles(files, MAX_PHOTOS - photos.length);
    setProblems(problemsWith(t, taken, t('chat.tooManyPhotos')));
    addPhotos(id, taken.photos);
  }

  useImperativeHandle(ref, () => ({ focus: () => field.current?.focus(), addFiles: (files) => void addAll(files) }));

  useEffect(() => {
    if (!mode) return;
    const element = field.current;
    element?.focus();
    element?.setSelectionRange(element.value.length, element.value.length);
  }, [mode]);

  function change(next: string) {
    if (editing) {
      setEdited({ id: editing.id, text: next });
      return;
    }
    writeDraft(id, next);
    if (!isBlank(next)) live.typing(id);
  }

  function leave() {
    setEdited(null);
    onDone();
  }

  function send() {
    if (!canSend) return;
    if (editing) {
      leave();
      if (body !== editing.body) void attempt(() => changeMessage.edit(client, editing, body));
      return;
    }
    const replyTo = mode?.type === 'reply' ? mode.message.id : undefined;
    sendMessage({ conversationId: id, body, replyTo, ...takeTray(id) });
    writeDraft(id, '');
    setProblems([]);
    onDone();
    field.current?.focus();
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
      send();
    }
  }

  return (
    <form
      className={styles.box}
      data-kept={isEditing ? undefined : ''}
      onSubmit={(event) => {
        event.preventDefault();
        send();
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
          {t('chat.tooLong')}
        </p>
      )}
    </form>
  );
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
