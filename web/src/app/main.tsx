// The first script: small, it decides which half of the client is loaded.
// First of all styles: what a component says of itself comes after what holds for all.
import '@/ui/theme.css';
import { mayHaveSession } from '@/api';
import { rememberJoinCode } from '@/features/chat';
import { startTheme } from '@/features/settings';
import { paths } from '@/paths';
import { guardInputMethods } from '@/ui';
import { entryFor } from './entry';
import { showUnreachable } from './unreachable';
import { trackViewportHeight } from './viewport';

guardInputMethods(window);
startTheme();
trackViewportHeight();

const found = document.getElementById('root');
if (!found) throw new Error('index.html has no #root.');
const root = found;

const openApp = () => import('./app').then(({ startApp }) => startApp);

async function start(): Promise<void> {
  const entry = entryFor(location, mayHaveSession());
  if (entry.part === 'app') {
    (await openApp())(root);
    return;
  }
  if (location.pathname === paths.chatJoin) rememberJoinCode(location.hash);
  if (entry.address) history.replaceState(null, '', entry.address);
  const { startBefore } = await import('./before');
  startBefore(root, { openApp, warmApp: () => void openApp().catch(() => undefined) });
}

start().catch(() => showUnreachable(root));
