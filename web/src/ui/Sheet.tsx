import { useEffect, useRef, useState, type ReactNode } from 'react';
import { X } from 'lucide-react';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { useTranslation } from '@/i18n';
import { Button, IconButton } from './Button';
import { cx } from './cx';
import styles from './Sheet.module.css';
import { askBeforeUnload } from './unload';
import { Unsaved } from './unsaved';
import { stay, useLayer } from './useLayer';

export interface SheetProps {
  isOpen: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
  /** Stays in view below what scrolls. */
  footer?: ReactNode;
  /** Closing would lose what was entered: it asks, however one closes it or leaves. */
  hasChanges?: boolean;
  /** Rows bring the room at their sides themselves. */
  isFlush?: boolean;
}

/**
 * The library keeps a dialog out of sight while a keyboard is on its way for its field. A second tap of somebody who sees
 * nothing happen falls beside it, and must not close what has not been seen.
 */
function useOutsidePresses() {
  const ref = useRef<HTMLDivElement>(null);
  return { ref, shouldCloseOnInteractOutside: () => ref.current !== null && getComputedStyle(ref.current).clipPath === 'none' };
}

/** A dialog; on a phone it rises from below. Back closes it. */
export function Sheet({ isOpen, onClose, title, children, footer, hasChanges: hasOwn = false, isFlush = false }: SheetProps) {
  const { t } = useTranslation();
  const [isAsking, setAsking] = useState(false);
  const [inside, setInside] = useState(0);
  const [noteInside] = useState(() => (by: number) => setInside((count) => count + by));
  const hasChanges = hasOwn || inside > 0;
  const outside = useOutsidePresses();
  const close = () => (hasChanges ? setAsking(true) : onClose());
  useLayer(isOpen, (reason) => (reason === 'leave' ? onClose() : close()), hasChanges);
  useUnloadQuestion(isOpen && hasChanges);
  return (
    <>
      <ModalOverlay className={styles.overlay ?? ''} isOpen={isOpen} onOpenChange={(open) => !open && close()} isDismissable {...outside}>
        <Modal className={styles.modal ?? ''}>
          <Dialog className={styles.dialog ?? ''}>
            <header className={styles.head}>
              <Heading slot="title" level={2}>
                {title}
              </Heading>
              <IconButton label={t('common.close')} icon={<X />} onPress={close} />
            </header>
            <div className={cx(styles.body, isFlush && styles.flush)}>
              <Unsaved value={noteInside}>{children}</Unsaved>
            </div>
            {footer && <footer className={styles.foot}>{footer}</footer>}
          </Dialog>
        </Modal>
      </ModalOverlay>
      <Confirm
        isOpen={isOpen && isAsking && hasChanges}
        onClose={() => {
          setAsking(false);
          stay();
        }}
        onConfirm={() => {
          setAsking(false);
          onClose();
        }}
        title={t('common.discardTitle')}
        text={t('common.discardText')}
        confirmLabel={t('common.discard')}
        cancelLabel={t('common.keepEditing')}
      />
    </>
  );
}

function useUnloadQuestion(isOn: boolean): void {
  useEffect(() => {
    if (!isOn) return undefined;
    const reason = {};
    askBeforeUnload(reason, true);
    return () => askBeforeUnload(reason, false);
  }, [isOn]);
}

export interface ConfirmProps {
  isOpen: boolean;
  onClose: () => void;
  onConfirm: () => void;
  title: string;
  text: string;
  confirmLabel: string;
  cancelLabel?: string;
  isBusy?: boolean;
  danger?: boolean;
}

/** Asks before something that cannot be taken back. The safe answer comes first. */
export function Confirm({ isOpen, onClose, onConfirm, title, text, confirmLabel, cancelLabel, isBusy, danger = true }: ConfirmProps) {
  const { t } = useTranslation();
  const outside = useOutsidePresses();
  useLayer(isOpen, onClose);
  return (
    <ModalOverlay className={styles.overlay ?? ''} isOpen={isOpen} onOpenChange={(open) => !open && onClose()} isDismissable {...outside}>
      <Modal className={cx(styles.modal, styles.small)}>
        <Dialog role="alertdialog" className={styles.confirm ?? ''}>
          <Heading slot="title" level={2}>
            {title}
          </Heading>
          <p>{text}</p>
          <div className={styles.actions}>
            <Button variant="outline" onPress={onClose} autoFocus>
              {cancelLabel ?? t('common.cancel')}
            </Button>
            <Button variant={danger ? 'danger' : 'primary'} onPress={onConfirm} isBusy={isBusy ?? false}>
              {confirmLabel}
            </Button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
