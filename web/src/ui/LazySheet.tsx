import type { ConfirmProps, SheetProps } from './Sheet';
import { lazyCode, useCode } from './useCode';
import { useLayer } from './useLayer';

// Dialogs bring a good part of react-aria with them, and no page opens with one.
const code = lazyCode(() => import('./Sheet'));

/** A dialog; on a phone it rises from below. Back closes it. */
export function Sheet(props: SheetProps) {
  const loaded = useCode(code, props.isOpen, props.onClose);
  // From the press on, also while the code is on its way.
  useLayer(props.isOpen && !loaded, props.onClose);
  return loaded ? <loaded.Sheet {...props} /> : null;
}

/** Asks before something that cannot be taken back. The safe answer comes first. */
export function Confirm(props: ConfirmProps) {
  const loaded = useCode(code, props.isOpen, props.onClose);
  useLayer(props.isOpen && !loaded, props.onClose);
  return loaded ? <loaded.Confirm {...props} /> : null;
}
