import type { ReactNode } from 'react';
import styles from './Card.module.css';
import { cx } from './cx';

interface CardProps {
  children: ReactNode;
  as?: 'div' | 'section' | 'article' | 'li' | 'form';
  className?: string | undefined;
  'aria-labelledby'?: string;
  'aria-label'?: string;
  /** Rows inside bring their own padding. */
  flush?: boolean;
}

export function Card({ children, as: Tag = 'div', className, flush, ...rest }: CardProps) {
  return (
    <Tag className={cx(styles.card, flush && styles.flush, className)} {...rest}>
      {children}
    </Tag>
  );
}
