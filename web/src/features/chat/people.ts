// Who stands behind an id in a conversation. Members come with the conversation that is open; those who have left, and
// people in lists, are asked for once and remembered.
import { createContext, useContext } from 'react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { toItems, type Conversation, type Member, type UserSummary } from '@/api';
import { useMe } from '@/entities';
import { membersQuery, personQuery } from './api';

/** While the members of the open conversation are on their way, nobody is asked for one by one. */
export const MembersLoading = createContext(false);

const NONE: Member[] = [];

/** The loaded members of a group or channel; a direct conversation needs none. */
export function useMembers(conversation: Conversation | undefined) {
  const isMany = conversation !== undefined && conversation.kind !== 'direct' && conversation.state !== 'left';
  const query = useInfiniteQuery({ ...membersQuery(conversation?.id ?? ''), enabled: isMany });
  return { query, members: isMany ? toItems(query.data, (member) => member.user.id) : NONE, isLoading: isMany && query.isPending };
}

export function usePerson(conversation: Conversation, id: string): UserSummary | undefined {
  const me = useMe();
  const isLoading = useContext(MembersLoading);
  const { data: members } = useInfiniteQuery({ ...membersQuery(conversation.id), enabled: false });
  const near =
    [me, conversation.peer, conversation.added_by].find((person) => person?.id === id) ?? members?.pages.flatMap((page) => page.items).find(({ user }) => user.id === id)?.user;
  const asked = useQuery({ ...personQuery(id), enabled: !near && !isLoading && id !== '' });
  return near ?? asked.data;
}
