-- The admin who removed the person, until they take part again; null for whoever left by themselves. Whoever was removed
-- does not come back by a link.
alter table messaging_members add column removed_by blob;
-- A window that an admin has closed ends with the event that tells so.
update messaging_members
set removed_by = (
    select e.sender_id
    from messaging_messages e
    where e.conversation_id = messaging_members.conversation_id
      and e.created_seq = messaging_members.left_seq
      and e.kind = 'event'
      and e.event like '%"member_removed"%'
)
where left_seq is not null;
