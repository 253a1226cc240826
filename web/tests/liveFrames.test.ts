// The frames of packages/live against asyncapi.json, which the server's own types wrote. The samples are held to the types
// of the package by the compiler and to the document here.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClientFrame, ServerFrame } from '@village/live';
import { describe, expect, it } from 'vitest';

interface Payload {
  properties: Record<string, unknown>;
  required: string[];
}
const document = JSON.parse(readFileSync(join(import.meta.dirname, '../../asyncapi.json'), 'utf8')) as { components: { messages: Record<string, { payload: Payload }> } };
const { messages } = document.components;
const documented = (side: string) => Object.keys(messages).flatMap((name) => (name.startsWith(`${side}_`) ? [name.slice(side.length + 1)] : []));

const ref = '1';
const id = 'c';
/** Every frame the package sends, as small as it sends it. */
const sent: { [Type in ClientFrame['type']]: Extract<ClientFrame, { type: Type }> } = {
  hello: { type: 'hello', ref, token: 't', resume: { conversations: {} } },
  token: { type: 'token', ref, token: 't' },
  send: { type: 'send', ref, conversation_id: id, client_id: 'x', body: 'b' },
  edit: { type: 'edit', ref, conversation_id: id, message_id: 'm', body: 'b' },
  delete: { type: 'delete', ref, conversation_id: id, message_id: 'm' },
  react: { type: 'react', ref, conversation_id: id, message_id: 'm', emoji: '🎉', on: true },
  read: { type: 'read', ref, conversation_id: id, seq: 1 },
  delivered: { type: 'delivered', ref, conversations: { c: 1 } },
  typing: { type: 'typing', ref, conversation_id: id },
  watch: { type: 'watch', ref, user_ids: ['u'] },
  resume: { type: 'resume', ref, conversations: { c: 1 } },
  ping: { type: 'ping', ref },
};
const message = { id: 'm', seq: 1 };
/** Every frame the package understands, with all it reads of it. */
const understood: { [Type in ServerFrame['type']]: Extract<ServerFrame, { type: Type }> } = {
  ack: { type: 'ack', ref, result: {} },
  error: { type: 'error', ref: null, code: 'c', message: 'm', retry_after: 1 },
  message: { type: 'message', conversation_id: id, seq: 2, prev_seq: 1, message },
  rows: { type: 'rows', conversation_id: id, from: 1, upto: 2, messages: [message] },
  gap: { type: 'gap', conversation_id: id, upto: 2 },
  conversation: { type: 'conversation', membership_seq: 1, conversation: { id, last_seq: 1 } },
  read: { type: 'read', conversation_id: id, user_id: 'u', seq: 1, unread_count: 0, last_seq: 1, last_number: 1 },
  delivered: { type: 'delivered', conversation_id: id, user_id: 'u', seq: 1 },
  typing: { type: 'typing', conversation_id: id, user_id: 'u' },
  presence: { type: 'presence', user_id: 'u', present: true },
  notification: { type: 'notification', notification_seq: 1, notification: {}, unread_count: 1 },
  blocks: { type: 'blocks', blocks: '0' },
  notification_removed: { type: 'notification_removed', notification_seq: 1, notification_id: 'n', unread_count: 0 },
  heartbeat: {
    type: 'heartbeat',
    conversations: {},
    membership_seq: 1,
    notification_seq: 1,
    unread_notifications: 1,
    blocks: '0',
  },
  reconnect: { type: 'reconnect', within_ms: 1 },
};

describe('frames to the server', () => {
  it.each(documented('client'))('%s is what the server takes', (type) => {
    const frame = sent[type as ClientFrame['type']];
    expect(frame, 'the package does not know this frame').toBeDefined();
    const { properties, required } = (messages[`client_${type}`] as { payload: Payload }).payload;
    expect(Object.keys(properties)).toEqual(expect.arrayContaining(Object.keys(frame)));
    expect(Object.keys(frame)).toEqual(expect.arrayContaining(required));
  });
});

describe('frames from the server', () => {
  it.each(documented('server'))('%s has what the client reads', (type) => {
    const frame = understood[type as ServerFrame['type']];
    expect(frame, 'the package does not know this frame').toBeDefined();
    const { properties } = (messages[`server_${type}`] as { payload: Payload }).payload;
    expect(Object.keys(properties)).toEqual(expect.arrayContaining(Object.keys(frame)));
  });
});
