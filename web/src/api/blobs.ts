// Files behind signed addresses: the address is the permission, so no token goes along.

export async function fetchBlob(url: string): Promise<Blob> {
  const response = await globalThis.fetch(url, { credentials: 'omit' });
  if (!response.ok) throw new Error(`The file was refused with ${response.status}.`);
  return response.blob();
}
