import type { ReactNode } from 'react';
import type { UserSummary } from '@/api';
import { paths } from '@/paths';
import { AppLink } from '@/ui';
import { PersonAvatar } from './PersonAvatar';
import styles from './PersonRow.module.css';

/** One person in a list, with what can be done at the end of the row. */
export function PersonRow({ person, note, action }: { person: UserSummary; note?: string; action?: ReactNode }) {
  return (
    <li className={styles.row}>
      <AppLink to={paths.profile(person.handle)} className={styles.link}>
        <PersonAvatar person={person} />
        <span className={styles.names}>
          <span className={styles.name} dir="auto">
            {person.display_name}
          </span>
          <span className={styles.handle} dir="ltr">
            @{person.handle}
          </span>
        </span>
        {note && <span className={styles.note}>{note}</span>}
      </AppLink>
      {action}
    </li>
  );
}
