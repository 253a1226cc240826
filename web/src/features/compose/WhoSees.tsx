import { Eye, TriangleAlert } from 'lucide-react';
import { Trans } from '@/i18n';
import { paths } from '@/paths';
import { AppLink, cx } from '@/ui';
import type { Audience } from './audience';
import styles from './WhoSees.module.css';

/** In words, next to the button: who will see it. */
export function WhoSees({ id, audience }: { id: string; audience: Audience | null }) {
  return (
    <p id={id} className={cx(styles.line, audience?.isWarning && styles.warning)} aria-live="polite">
      {audience && (
        <>
          {audience.isWarning ? <TriangleAlert aria-hidden="true" /> : <Eye aria-hidden="true" />}
          <span>
            <Trans
              i18nKey={`compose.${audience.key}`}
              count={audience.count}
              values={{ name: audience.name }}
              components={{ people: <AppLink to={paths.people}>{null}</AppLink>, channels: <AppLink to={paths.channels}>{null}</AppLink> }}
            />
          </span>
        </>
      )}
    </p>
  );
}
