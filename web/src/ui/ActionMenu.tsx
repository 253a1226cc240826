import type { ReactNode } from 'react';
import { Ellipsis } from 'lucide-react';
import { Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import styles from './ActionMenu.module.css';
import { IconButton } from './Button';
import { cx } from './cx';
import { PopoverLayer } from './useLayer';

export interface MenuAction {
  id: string;
  label: string;
  icon: ReactNode;
  danger?: boolean;
  onAction: () => void;
}

export function ActionMenu({ label, actions }: { label: string; actions: MenuAction[] }) {
  if (actions.length === 0) return null;
  return (
    <MenuTrigger>
      <IconButton label={label} icon={<Ellipsis />} />
      <Popover className={styles.popover ?? ''} placement="bottom end">
        <PopoverLayer />
        <Menu className={styles.menu ?? ''}>
          {actions.map((action) => (
            <MenuItem key={action.id} textValue={action.label} className={cx(styles.item, action.danger && styles.danger)} onAction={action.onAction}>
              {action.icon}
              {action.label}
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
