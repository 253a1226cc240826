// Browsers remember for a document what they could not load: the code of a page that was asked for without a network stays
// missing, also when the network is back, until the document is loaded anew.
import { isOutdated } from './newVersion';
import { isWriting, wouldLose } from './writing';

const KEY = 'village.anew';

/** Loads the document anew if the server is there and nothing is disturbed; by itself only once, until a page has come. */
export async function loadAnew({ isPressed }: { isPressed: boolean }): Promise<void> {
  // Out of reach, or a newer version, which is offered.
  if (await isOutdated().catch(() => true)) return;
  if (isPressed ? wouldLose() : isWriting() || !noteTry()) return;
  location.reload();
}

/** Whether it was the first. Where that cannot be remembered, none is. */
function noteTry(): boolean {
  try {
    if (sessionStorage.getItem(KEY)) return false;
    sessionStorage.setItem(KEY, 'tried');
    return true;
  } catch {
    return false;
  }
}

export function notePageLoaded(): void {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Storage can be switched off.
  }
}
