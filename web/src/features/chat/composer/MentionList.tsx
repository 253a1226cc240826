import { useTranslation } from '@/i18n';
import type { UserSummary } from '@/api';
import { PersonAvatar } from '@/entities';
import { cx } from '@/ui';
import styles from './MentionList.module.css';

/** The focus stays in the field; the list is steered from there. */
export function MentionList({ people, activeId, onChoose }: { people: readonly UserSummary[]; activeId: string | undefined; onChoose: (handle: string) => void }) {
  const { t } = useTranslation();
  return (
    <div id="mention-list" role="listbox" aria-label={t('chat.mention')} className={cx(styles.list, people.length === 0 && styles.none)}>
      {people.map((person) => (
        // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- keys are handled by the field that owns this list
        <div
          key={person.id}
          id={`mention-${person.id}`}
          role="option"
          aria-selected={person.id === activeId}
          tabIndex={-1}
          className={styles.person}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onChoose(person.handle)}
        >
          <PersonAvatar person={person} size={32} />
          <span className={styles.name} dir="auto">
            {person.display_name}
          </span>
          <span className={styles.handle} dir="ltr">
            @{person.handle}
          </span>
        </div>
      ))}
    </div>
  );
}
