// Conversations for the pictures: what the demo's people say to each other.
import { person } from './api.mjs';

/** A night in the life of a group, an answered question, and someone who asks to write. Returns the conversations' ids. */
export async function playChat(server, password, photos) {
  // Those who follow Ana need not be asked before they are in her group.
  const [ana, tomas, leila, ruth, fatima, jonas] = await Promise.all(['ana', 'tomas', 'leila', 'ruth', 'fatima', 'jonas'].map((handle) => person(server, handle, password)));
  const { id } = await ana.call('POST', '/conversations/groups', { name: 'Night shift', member_ids: [tomas.id, leila.id, ruth.id] });
  await ana.say(id, 'Who else is up? Noor has decided that 3 a.m. is for talking.');
  await leila.say(id, 'Up. Third feed. Tea is on.');
  const question = await tomas.say(id, 'Does the white noise thing work, or do I only hear it in my dreams now?');
  await ruth.say(id, 'It works on me. I sleep beautifully.', { reply_to: question.id });
  await ruth.react(question, '😂');
  await leila.react(question, '😂');
  await ana.react(question, '❤️');
  const gone = await ruth.say(id, 'wrong window, sorry');
  await ruth.call('DELETE', `/conversations/${id}/messages/${gone.id}`);
  const plan = await leila.say(id, 'Saturday, ten o’clock, the big playground. I bring coffee for everyone.');
  await ana.call('PUT', `/conversations/${id}/messages/${plan.id}/pin`).catch(() => undefined);
  const wrong = await ana.say(id, 'I will bring cake and');
  await ana.call('PATCH', `/conversations/${id}/messages/${wrong.id}`, { body: 'I will bring cake and the good blanket' });
  if (photos) {
    const images = [];
    for (const photo of photos) images.push({ media_id: await tomas.upload(photo), alt: photo.alt });
    const sent = await tomas.say(id, 'The view from the kitchen window. At least the morning is nice.', { images });
    await ana.react(sent, '❤️');
    await leila.react(sent, '❤️');
    await ruth.react(sent, '😮');
  }
  await leila.say(id, '@ana you had me at cake');
  const direct = await jonas.call('POST', '/conversations', { user_id: ana.id });
  await jonas.say(direct.id, 'Both asleep. At the same time. I do not dare to move.');
  const request = await fatima.call('POST', '/conversations', { user_id: ana.id });
  await fatima.say(request.id, 'Hello Ana, we met at the clinic. May I ask you about the night nurse?');
  return { group: id, direct: direct.id, request: request.id };
}
