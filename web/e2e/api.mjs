// People who need no screen: what they do goes through the API, as from any client.
import { randomUUID } from 'node:crypto';

export async function ask(server, token, method, path, body) {
  const response = await fetch(server + path, {
    method,
    headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

export async function person(server, handle, password) {
  const { access_token: token, me } = await ask(server, null, 'POST', '/auth/login', { email: `${handle}@village.example`, password, refresh: 'body' });
  const call = (method, path, body) => ask(server, token, method, path, body);
  return {
    id: me.id,
    call,
    say: (conversation, body, more = {}) => call('POST', `/conversations/${conversation}/messages`, { client_id: randomUUID(), body, ...more }),
    messages: async (conversation) => (await call('GET', `/conversations/${conversation}/messages`)).items,
    react: (message, emoji) => call('PUT', `/conversations/${message.conversation_id}/messages/${message.id}/reactions/${encodeURIComponent(emoji)}`),
    upload: (photo, purpose = 'message') => upload(call, photo, purpose),
  };
}

async function upload(call, { buffer, mimeType }, purpose) {
  const media = await call('POST', '/media', { content_type: mimeType, length: buffer.length, purpose });
  const stored = await fetch(media.upload.url, { method: media.upload.method, headers: media.upload.headers, body: buffer });
  if (!stored.ok) throw new Error(`the store answered ${stored.status}`);
  await call('POST', `/media/${media.id}/complete`);
  for (;;) {
    const { state } = await call('GET', `/media/${media.id}`);
    if (state === 'ready') return media.id;
    if (state === 'rejected') throw new Error('the photo was rejected');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** A new account, invited by someone who is here. */
export async function join(server, host, { handle, name, password }) {
  const { code } = await host.call('POST', '/auth/invitations', {});
  await ask(server, null, 'POST', '/auth/signup', { email: `${handle}@village.example`, password, handle, display_name: name, invitation: code, refresh: 'body' });
  return person(server, handle, password);
}
