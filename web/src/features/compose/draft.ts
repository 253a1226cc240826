// Until November 2026 the words of an unfinished post were kept in localStorage. They are taken over once.
const KEY = 'village.draft';

export function takeFormerDraft(): string {
  try {
    const body = localStorage.getItem(KEY) ?? '';
    localStorage.removeItem(KEY);
    return body;
  } catch {
    return ''; // Storage can be switched off.
  }
}
