// The words of an unfinished post outlive a closed tab. Pictures do not: they would fill the storage.
import { isBlank } from '@/text';
const KEY = 'village.draft';

export function readDraft(): string {
  try {
    return localStorage.getItem(KEY) ?? '';
  } catch {
    return ''; // Storage can be switched off; then nothing is kept.
  }
}

export function writeDraft(body: string): void {
  try {
    if (!isBlank(body)) localStorage.setItem(KEY, body);
    else localStorage.removeItem(KEY);
  } catch {
    // See readDraft.
  }
}
