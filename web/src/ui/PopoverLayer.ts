import { useContext } from 'react';
import { OverlayTriggerStateContext } from 'react-aria-components';
import { useLayer } from './useLayer';

/** Put into a popover of react-aria that keeps its own state: a menu, a select. */
export function PopoverLayer() {
  const state = useContext(OverlayTriggerStateContext);
  useLayer(state?.isOpen ?? false, () => state?.close());
  return null;
}
