import { Fragment } from 'react';
import styles from './RichText.module.css';
import { cx } from './cx';

const LINK = /https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]}']/g;

/** What people wrote: their line breaks, and links that can be followed without telling the other side from where. */
export function RichText({ text, className }: { text: string; className?: string | undefined }) {
  const parts: React.ReactNode[] = [];
  let end = 0;
  for (const match of text.matchAll(LINK)) {
    parts.push(<Fragment key={`t${match.index}`}>{text.slice(end, match.index)}</Fragment>);
    parts.push(
      <a key={`l${match.index}`} href={match[0]} target="_blank" rel="noopener noreferrer nofollow ugc">
        {match[0].replace(/^https?:\/\//, '')}
      </a>,
    );
    end = match.index + match[0].length;
  }
  parts.push(<Fragment key="end">{text.slice(end)}</Fragment>);
  return (
    <p className={cx(styles.text, className)} dir="auto">
      {parts}
    </p>
  );
}
