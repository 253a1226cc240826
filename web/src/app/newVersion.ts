/** Whether the server hands out another version of the client than the one that runs here. Rejects when it cannot be asked. */
export async function isOutdated(): Promise<boolean> {
  // oxlint-disable-next-line no-restricted-globals -- a page of the client, not the API
  const response = await fetch('/', { cache: 'no-cache', headers: { accept: 'text/html' } });
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  const entry = entryOf(document);
  return entry !== null && entryOf(new DOMParser().parseFromString(await response.text(), 'text/html')) !== entry;
}

function entryOf(page: Document): string | null {
  return page.querySelector('script[type="module"][src]')?.getAttribute('src') ?? null;
}
