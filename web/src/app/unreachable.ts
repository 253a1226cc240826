import { t } from '@/i18n';
import { hideShell } from './opening';

/** The scripts of the page did not arrive. There is nothing yet that could draw, so this is drawn by hand. */
export function showUnreachable(root: HTMLElement): void {
  const box = document.createElement('main');
  box.className = 'shell-message';
  box.setAttribute('role', 'alert');
  const title = document.createElement('h1');
  title.textContent = t('status.unreachable');
  const hint = document.createElement('p');
  hint.textContent = t('status.unreachableHint');
  box.append(title, hint);
  root.replaceChildren(box);
  hideShell();
  // Browsers remember for a document what they could not load, so the page has to be loaded anew.
  const again = () => location.reload();
  window.addEventListener('online', again, { once: true });
  setTimeout(again, 10_000);
}
