import type { RefObject } from 'react';
import { Menu, MenuItem, Popover } from 'react-aria-components';
import styles from './ActionMenu.module.css';
import type { MenuAction } from './ActionMenu';
import { cx } from './cx';

interface MenuPopoverProps {
  label: string;
  actions: MenuAction[];
  trigger: RefObject<HTMLButtonElement | null>;
  onClose: () => void;
}

/** What an `ActionMenu` opens. A file of its own, since it brings a good part of react-aria with it. */
export function MenuPopover({ label, actions, trigger, onClose }: MenuPopoverProps) {
  return (
    <Popover className={styles.popover ?? ''} placement="bottom end" aria-label={label} triggerRef={trigger} isOpen onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Menu className={styles.menu ?? ''} aria-label={label} autoFocus="first" onClose={onClose}>
        {actions.map((action) => (
          <MenuItem key={action.id} textValue={action.label} className={cx(styles.item, action.danger && styles.danger)} onAction={action.onAction}>
            {action.icon}
            {action.label}
          </MenuItem>
        ))}
      </Menu>
    </Popover>
  );
}
