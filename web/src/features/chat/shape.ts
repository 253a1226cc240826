// What comes from outside, made whole: from the server, from the live connection, and from the memory of an older client.
// A field that is missing gets the value that means "nothing".
import type { Conversation, Member, Message, Page } from '@/api';

export function toMessage(raw: Message): Message {
  const message: Partial<Message> = raw;
  return {
    ...raw,
    kind: message.kind ?? 'text',
    client_id: message.client_id ?? null,
    images: message.images ?? [],
    reply_to: message.reply_to ?? null,
    forwarded: message.forwarded ?? false,
    mentions: message.mentions ?? [],
    reactions: message.reactions ?? [],
    edited_at: message.edited_at ?? null,
    deleted_at: message.deleted_at ?? null,
    pinned_at: message.pinned_at ?? null,
    event: message.event ?? null,
  };
}

export function toConversation(raw: Conversation): Conversation {
  const conversation: Partial<Conversation> = raw;
  return {
    ...raw,
    name: conversation.name ?? null,
    picture: conversation.picture ?? null,
    channel: conversation.channel ?? null,
    peer: conversation.peer ?? null,
    state: conversation.state ?? 'active',
    added_by: conversation.added_by ?? null,
    role: conversation.role ?? 'member',
    member_count: conversation.member_count ?? 2,
    last_message: conversation.last_message ? toMessage(conversation.last_message) : null,
    peer_read_seq: conversation.peer_read_seq ?? 0,
    peer_delivered_seq: conversation.peer_delivered_seq ?? 0,
    notify: conversation.notify ?? 'all',
    muted_until: conversation.muted_until ?? null,
    retention_seconds: conversation.retention_seconds ?? null,
    pinned_count: conversation.pinned_count ?? 0,
    draft: conversation.draft ?? null,
    draft_mark: conversation.draft_mark ?? null,
    membership_seq: conversation.membership_seq ?? 0,
  };
}

export function toMember(raw: Member): Member {
  const member: Partial<Member> = raw;
  return { ...raw, read_seq: member.read_seq ?? null, delivered_seq: member.delivered_seq ?? null };
}

export function pageOf<T>(page: Page<T>, shape: (raw: T) => T): Page<T> {
  return { ...page, items: page.items.map(shape) };
}
