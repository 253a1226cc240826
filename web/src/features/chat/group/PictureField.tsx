import { useEffect, useRef, useState } from 'react';
import { Camera } from 'lucide-react';
import { errorText, useTranslation } from '@/i18n';
import { UploadCancelled, checkFile, uploadMedia, type UploadHandle } from '@/entities';
import { Button } from '@/ui';
import styles from './InfoSheet.module.css';

/** Chooses and uploads the picture of a group; what becomes of it is for the caller to say. */
export function PictureField({ hasPicture, onReady, onRemove, onPreview }: { hasPicture: boolean; onReady: (mediaId: string) => void; onRemove?: () => void; onPreview?: (url: string) => void }) {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  const upload = useRef<UploadHandle>(null);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => () => upload.current?.cancel(), []);

  async function choose(file: File) {
    const wrong = checkFile(file);
    setProblem(wrong && t(`compose.${wrong}`, { name: file.name }));
    if (wrong) return;
    setBusy(true);
    onPreview?.(URL.createObjectURL(file));
    upload.current = uploadMedia(file, 'avatar', () => undefined);
    try {
      onReady(await upload.current.done);
    } catch (error) {
      if (!(error instanceof UploadCancelled)) setProblem(errorText(t, error));
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
        accept="image/jpeg,image/png,image/webp,image/gif,image/heic,image/heif"
        data-testid="group-picture-input"
        aria-label={t('chat.addPicture')}
        onChange={(event) => {
          const [file] = event.target.files ?? [];
          event.target.value = '';
          if (file) void choose(file);
        }}
      />
      {problem && (
        <p role="alert" className={styles.problem}>
          {problem}
        </p>
      )}
    </div>
  );
}
