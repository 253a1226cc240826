// Whether it is worth asking the server who is logged in. Storage keeps one word and nothing secret: without it, someone
// who opens the log-in page for the first time would wait for an answer that can only be no.
const KEY = 'village.session';

export function rememberSession(exists: boolean): void {
  try {
    if (exists) localStorage.setItem(KEY, 'yes');
    else localStorage.removeItem(KEY);
  } catch {
    // Storage is refused: then we always ask.
  }
}

export function mayHaveSession(): boolean {
  try {
    return localStorage.getItem(KEY) !== null;
  } catch {
    return true;
  }
}
