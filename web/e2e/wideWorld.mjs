// A community whose names and words are as wide as they may be.
import { join } from './api.mjs';

export const WIDE = 'W'.repeat(50);
export const LONG_HANDLE = 'w'.repeat(30);
const password = 'well-lit-kitchen';
const LONG_WORD = 'Donaudampfschifffahrtsgesellschaftskapitaenswitwenrentenauszahlungsstelle'.repeat(2);
const LONG_LINK = `https://village.example/${'a'.repeat(180)}?q=${'b'.repeat(60)}`;

/** Ana is here already. Returns the places to look at. */
export async function fillWideWorld(server, ana, photo) {
  const wide = await join(server, ana, { handle: LONG_HANDLE, name: WIDE, password });
  const others = [];
  for (const [handle, name] of [
    ['rtl', 'محمد'.repeat(14)],
    ['emoji', '👩‍👩‍👧‍👦'.repeat(8)],
    ['cjk', '漢'.repeat(55)],
    ['hyphen', 'Maria-Magdalena-Theodora-Wilhelmina-von-und-zu-Hohenlohe'],
  ]) others.push(await join(server, ana, { handle, name, password }));
  const [rtl, emoji, cjk] = others;
  for (const each of [wide, ...others]) {
    await each.call('POST', '/users/follow', { user_id: ana.id });
    await ana.call('POST', '/users/follow', { user_id: each.id });
  }
  await wide.call('PATCH', '/users/me', { bio: `${LONG_WORD} ${LONG_LINK}` });

  const open = await wide.call('POST', '/channels', { name: WIDE, slug: 'w'.repeat(40), description: LONG_WORD, visibility: 'open' });
  const hidden = await ana.call('POST', '/channels', { name: '漢'.repeat(50), description: LONG_LINK, visibility: 'private' });
  const invited = await wide.call('POST', '/channels', { name: 'M'.repeat(50), description: LONG_WORD, visibility: 'private' });
  await wide.call('PUT', `/channels/${invited.id}/invitations/${ana.id}`);
  for (const each of [ana, rtl, cjk]) await each.call('PUT', `/channels/${open.id}/membership`);
  const media = await Promise.all([photo, photo].map(async (each) => ({ media_id: await wide.upload(each, 'post'), alt: `${LONG_WORD} ${WIDE}` })));
  const post = await wide.call('POST', '/posts', { body: `${WIDE}${WIDE}\n${LONG_LINK}\n@${LONG_HANDLE} ${LONG_WORD}`, channel_id: open.id, media });
  await ana.call('POST', '/posts', { body: LONG_WORD, channel_id: hidden.id });
  for (const each of [ana, rtl, emoji, cjk]) await each.call('PUT', `/posts/${post.id}/like`);
  for (const each of [wide, rtl, ana]) await each.call('POST', `/posts/${post.id}/comments`, { body: `${LONG_WORD} ${LONG_LINK} ${WIDE}` });
  const own = await ana.call('POST', '/posts', { body: WIDE, channel_id: open.id });
  await wide.call('POST', `/posts/${own.id}/comments`, { body: LONG_WORD });
  await wide.call('PUT', `/posts/${own.id}/like`);

  const group = await ana.call('POST', '/conversations/groups', { name: WIDE, member_ids: [wide.id, ...others.map(({ id }) => id)] });
  const first = await wide.say(group.id, `${WIDE}${WIDE}`);
  const answer = await ana.say(group.id, LONG_LINK, { reply_to: first.id });
  await rtl.say(group.id, 'محمد'.repeat(60), { reply_to: answer.id });
  await emoji.say(group.id, `@${LONG_HANDLE} ${LONG_WORD}`);
  const pictured = await cjk.say(group.id, LONG_WORD, { images: [{ media_id: await cjk.upload(photo), alt: LONG_WORD }] });
  for (const each of [ana, wide, rtl, emoji, cjk]) for (const sign of ['👍', '❤️', '😂', '👩‍👩‍👧‍👦']) await each.react(pictured, sign);
  await ana.call('PATCH', `/conversations/${group.id}/messages/${answer.id}`, { body: `${LONG_LINK} ${WIDE}` });
  await ana.call('PUT', `/conversations/${group.id}/messages/${first.id}/pin`);
  const direct = await wide.call('POST', '/conversations', { user_id: ana.id });
  await wide.say(direct.id, WIDE);
  const stranger = await join(server, ana, { handle: 'x'.repeat(30), name: 'M'.repeat(50), password });
  const request = await stranger.call('POST', '/conversations', { user_id: ana.id });
  await stranger.say(request.id, LONG_WORD);
  const blocked = await join(server, ana, { handle: 'y'.repeat(30), name: 'Q'.repeat(50), password });
  await ana.call('PUT', `/users/${blocked.id}/block`);
  return { post: post.id, own: own.id, open: open.slug, hidden: hidden.slug, group: group.id, direct: direct.id, request: request.id, invited: invited.slug };
}
