import { Fragment } from 'react';
import { AppLink } from './AppLink';
import { linkify, type TextPart } from './linkify';
import styles from './RichText.module.css';
import { cx } from './cx';

interface RichTextProps {
  text: string;
  className?: string | undefined;
  /** Where a handle leads; without an answer it stays plain text. */
  linkOf?: ((handle: string) => string | undefined) | undefined;
}

/** What people wrote: their line breaks, and links that can be followed without telling the other side from where. */
export function RichText({ text, className, linkOf }: RichTextProps) {
  return (
    <p className={cx(styles.text, className)} dir="auto">
      {linkify(text).map((part, index) => (
        // oxlint-disable-next-line react/no-array-index-key -- the parts of one text never move
        <Part key={index} part={part} linkOf={linkOf} />
      ))}
    </p>
  );
}

function Part({ part, linkOf }: { part: TextPart; linkOf: RichTextProps['linkOf'] }) {
  if (part.type === 'text') return <Fragment>{part.text}</Fragment>;
  if (part.type === 'handle') {
    const to = linkOf?.(part.handle);
    return to ? (
      <AppLink to={to} className={styles.handle}>
        {part.text}
      </AppLink>
    ) : (
      <Fragment>{part.text}</Fragment>
    );
  }
  return (
    <a href={part.href} target="_blank" rel="noopener noreferrer nofollow ugc">
      <bdi>{part.host}</bdi>
      {part.rest}
    </a>
  );
}
