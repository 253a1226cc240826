import { useEffect, useRef, useState } from 'react';
import { Camera } from 'lucide-react';
import { PICTURE_TYPES, UploadCancelled, checkFile, uploadMedia, type UploadHandle } from '@/entities';
import { errorText, useTranslation } from '@/i18n';
import { Button } from '@/ui';
import styles from './InfoSheet.module.css';

/** Chooses and uploads the picture of a group; what becomes of it is for the caller to say. */
export function PictureField({ hasPicture, onReady, onRemove, onPreview }: { hasPicture: boolean; onReady: (mediaId: string) => void; onRemove?: () => void; onPreview?: (url: string) => void }) {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  const upload = useRef<UploadHandle>(null);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [isAnimated, setAnimated] = useState(false);
  useEffect(() => () => upload.current?.cancel(), []);

  async function choose(file: File) {
    upload.current?.cancel();
    setAnimated(false);
    const wrong = await checkFile(file);
    setProblem(wrong && errorText(t, wrong));
    if (wrong) return;
    setBusy(true);
    const onPrepared = (blob: Blob, moves: boolean) => {
      setAnimated(moves);
      onPreview?.(URL.createObjectURL(blob));
    };
    const started = uploadMedia(file, 'avatar', { onPrepared });
    upload.current = started;
    try {
      onReady(await started.done);
    } catch (error) {
      // Another picture has been chosen, or the field is gone.
      if (error instanceof UploadCancelled) return;
      setProblem(errorText(t, error));
    }
    setBusy(false);
  }

  return (
    <div className={styles.pictureField}>
      <Button variant="outline" isBusy={isBusy} onPress={() => input.current?.click()}>
        <Camera aria-hidden="true" />
        {t(hasPicture ? 'chat.changePicture' : 'chat.addPicture')}
      </Button>
      {hasPicture && onRemove && (
        <Button variant="quiet" onPress={onRemove}>
          {t('chat.removePicture')}
        </Button>
      )}
      <input
        ref={input}
        type="file"
        hidden
        accept={PICTURE_TYPES}
        data-testid="group-picture-input"
        aria-label={t('chat.addPicture')}
        onChange={(event) => {
          const [file] = event.target.files ?? [];
          event.target.value = '';
          if (file) void choose(file);
        }}
      />
      {isAnimated && (
        <p role="status" className={styles.note}>
          {t('compose.animated')}
        </p>
      )}
      {problem && (
        <p role="alert" className={styles.problem}>
          {problem}
        </p>
      )}
    </div>
  );
}
