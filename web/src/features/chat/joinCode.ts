// The code of an invitation to a group stands in the fragment of the address: no server, proxy or log ever sees it.
// Someone who has to log in first must not lose it, and it must not travel as a query either: it waits in this tab.
const KEY = 'village-chat-join';

export function rememberJoinCode(hash: string): void {
  const code = codeFrom(hash);
  if (!code) return;
  try {
    sessionStorage.setItem(KEY, code);
  } catch {
    // Storage can be switched off; the link still works for those who are logged in.
  }
}

/** The code of the address, else the one that waited; it is forgotten here. */
export function takeJoinCode(hash: string): string | null {
  let waited: string | null = null;
  try {
    waited = sessionStorage.getItem(KEY);
    sessionStorage.removeItem(KEY);
  } catch {
    // As above.
  }
  return codeFrom(hash) ?? waited;
}

function codeFrom(hash: string): string | null {
  try {
    return decodeURIComponent(hash.replace(/^#/, '')).trim().slice(0, 200) || null;
  } catch {
    return null;
  }
}
