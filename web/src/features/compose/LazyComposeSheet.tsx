import { lazyCode, useCode, useLayer } from '@/ui';
import { closeCompose, useComposeRequest } from './store';

const code = lazyCode(() => import('./ComposeSheet'));

/** Mounted once; shows itself when asked for. Its code comes then, or when somebody first touches the page. */
export function ComposeSheet() {
  const isOpen = useComposeRequest() !== null;
  const loaded = useCode(code, isOpen, () => closeCompose());
  useLayer(isOpen && !loaded, () => closeCompose());
  return loaded ? <loaded.ComposeSheet /> : null;
}
