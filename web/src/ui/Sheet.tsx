import type { ReactNode } from 'react';
import { X } from 'lucide-react';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { Button, IconButton } from './Button';
import { cx } from './cx';
import styles from './Sheet.module.css';

interface SheetProps {
  isOpen: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
  /** Stays in view below what scrolls. */
  footer?: ReactNode;
  /** A click outside would lose work. */
  keepOpen?: boolean;
  /** Rows bring the room at their sides themselves. */
  isFlush?: boolean;
}

/** A dialog; on a phone it rises from below. */
export function Sheet({ isOpen, onClose, title, children, footer, keepOpen, isFlush = false }: SheetProps) {
  const { t } = useTranslation();
  return (
    <ModalOverlay className={styles.overlay ?? ''} isOpen={isOpen} onOpenChange={(open) => !open && onClose()} isDismissable={!keepOpen}>
      <Modal className={styles.modal ?? ''}>
        <Dialog className={styles.dialog ?? ''}>
          <header className={styles.head}>
            <Heading slot="title" level={2}>
              {title}
            </Heading>
            <IconButton label={t('common.close')} icon={<X />} onPress={onClose} />
          </header>
          <div className={cx(styles.body, isFlush && styles.flush)}>{children}</div>
          {footer && <footer className={styles.foot}>{footer}</footer>}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

interface ConfirmProps {
  isOpen: boolean;
  onClose: () => void;
  onConfirm: () => void;
  title: string;
  text: string;
  confirmLabel: string;
  isBusy?: boolean;
  danger?: boolean;
}

/** Asks before something that cannot be taken back. The safe answer comes first. */
export function Confirm({ isOpen, onClose, onConfirm, title, text, confirmLabel, isBusy, danger = true }: ConfirmProps) {
  const { t } = useTranslation();
  return (
    <ModalOverlay className={styles.overlay ?? ''} isOpen={isOpen} onOpenChange={(open) => !open && onClose()} isDismissable>
      <Modal className={cx(styles.modal, styles.small)}>
        <Dialog role="alertdialog" className={styles.confirm ?? ''}>
          <Heading slot="title" level={2}>
            {title}
          </Heading>
          <p>{text}</p>
          <div className={styles.actions}>
            <Button variant="outline" onPress={onClose} autoFocus>
              {t('common.cancel')}
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
