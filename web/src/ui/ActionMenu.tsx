import { useRef, useState, type ReactNode } from 'react';
import { Ellipsis } from 'lucide-react';
import { IconButton } from './Button';
import { lazyCode, useCode } from './useCode';
import { useLayer } from './useLayer';

export interface MenuAction {
  id: string;
  label: string;
  icon: ReactNode;
  danger?: boolean;
  onAction: () => void;
}

const code = lazyCode(() => import('./MenuPopover'));

export function ActionMenu({ label, actions }: { label: string; actions: MenuAction[] }) {
  const [isOpen, setOpen] = useState(false);
  const trigger = useRef<HTMLButtonElement>(null);
  const close = () => setOpen(false);
  const loaded = useCode(code, isOpen, close);
  useLayer(isOpen, close);
  if (actions.length === 0) return null;
  const open = () => setOpen(true);
  return (
    <>
      <IconButton
        ref={trigger}
        label={label}
        icon={<Ellipsis />}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        onPress={open}
        onKeyDown={(event) => (event.key === 'ArrowDown' || event.key === 'ArrowUp' ? open() : event.continuePropagation())}
      />
      {isOpen && loaded && <loaded.MenuPopover label={label} actions={actions} trigger={trigger} onClose={close} />}
    </>
  );
}
