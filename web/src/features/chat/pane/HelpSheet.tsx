import { useTranslation } from '@/i18n';
import { Sheet } from '@/ui';
import styles from './ConversationPane.module.css';

const SHORTCUTS = [
  ['Enter', 'send'],
  ['Shift + Enter', 'line'],
  ['↑', 'editLast'],
  ['@', 'mention'],
  ['Esc', 'cancel'],
  ['↑ ↓', 'walk'],
  ['Home, End', 'ends'],
  ['Enter', 'actions'],
  ['R', 'reply'],
  ['E', 'edit'],
  ['?', 'help'],
] as const;

export function HelpSheet({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const part = (title: string, rows: readonly (readonly [string, (typeof SHORTCUTS)[number][1]])[]) => (
    <section>
      <h3>{title}</h3>
      <dl className={styles.shortcuts}>
        {rows.map(([keys, what]) => (
          <div key={what}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{t(`chat.shortcut.${what}`)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
  return (
    <Sheet isOpen onClose={onClose} title={t('chat.help')}>
      <div className={styles.help}>
        {part(t('chat.shortcut.inField'), SHORTCUTS.slice(0, 5))}
        {part(t('chat.shortcut.inLog'), SHORTCUTS.slice(5))}
        <p>{t('chat.shortcut.touch')}</p>
      </div>
    </Sheet>
  );
}
