//! What is noted of rows that come and go. Triggers see each row, however many of them one statement writes.

/// Whoever takes a reaction back has taken the conversation's next seq before, in the same transaction.
pub(super) const SQLITE: &str = "
create table torture_changes (conversation_id blob, changed_seq integer, id blob);
create table torture_windows (conversation_id blob, user_id blob, joined_seq integer, left_seq integer);
create table torture_reactions (conversation_id blob, created_seq integer, changed_seq integer, emoji text,
                                user_id blob, is_on integer);
create table torture_outbox (event_id blob, event text);
create table torture_queue (event_id blob, subscriber text);
create trigger torture_sent after insert on messaging_messages begin
    insert into torture_changes values (new.conversation_id, new.changed_seq, new.id);
end;
create trigger torture_changed after update on messaging_messages when new.changed_seq <> old.changed_seq begin
    insert into torture_changes values (new.conversation_id, new.changed_seq, new.id);
end;
create trigger torture_joined after insert on messaging_members begin
    insert into torture_windows values (new.conversation_id, new.user_id, new.joined_seq, new.left_seq);
end;
create trigger torture_moved after update of joined_seq, left_seq on messaging_members begin
    insert into torture_windows values (new.conversation_id, new.user_id, new.joined_seq, new.left_seq);
end;
create trigger torture_reacted after insert on messaging_reactions begin
    insert into torture_reactions values
        (new.conversation_id, new.created_seq, new.reacted_seq, new.emoji, new.user_id, 1);
end;
create trigger torture_unreacted after delete on messaging_reactions begin
    insert into torture_reactions
    select old.conversation_id, old.created_seq, c.last_seq, old.emoji, old.user_id, 0
    from messaging_conversations c where c.id = old.conversation_id;
end;
create trigger torture_published after insert on bus_outbox begin
    insert into torture_outbox values (new.event_id, new.event);
end;
create trigger torture_queued after insert on bus_queue begin
    insert into torture_queue values (new.event_id, new.subscriber);
end;
";

pub(super) const POSTGRES: &str = "
create table torture_changes (conversation_id uuid, changed_seq bigint, id uuid);
create table torture_windows (conversation_id uuid, user_id uuid, joined_seq bigint, left_seq bigint);
create table torture_reactions (conversation_id uuid, created_seq bigint, changed_seq bigint, emoji text,
                                user_id uuid, is_on bigint);
create table torture_outbox (event_id uuid, event text);
create table torture_queue (event_id uuid, subscriber text);
create function torture_change() returns trigger language plpgsql as $$ begin
    insert into torture_changes values (new.conversation_id, new.changed_seq, new.id);
    return null;
end $$;
create function torture_window() returns trigger language plpgsql as $$ begin
    insert into torture_windows values (new.conversation_id, new.user_id, new.joined_seq, new.left_seq);
    return null;
end $$;
create function torture_react() returns trigger language plpgsql as $$ begin
    insert into torture_reactions values
        (new.conversation_id, new.created_seq, new.reacted_seq, new.emoji, new.user_id, 1);
    return null;
end $$;
create function torture_unreact() returns trigger language plpgsql as $$ begin
    insert into torture_reactions
    select old.conversation_id, old.created_seq, c.last_seq, old.emoji, old.user_id, 0
    from messaging_conversations c where c.id = old.conversation_id;
    return null;
end $$;
create function torture_publish() returns trigger language plpgsql as $$ begin
    insert into torture_outbox values (new.event_id, new.event);
    return null;
end $$;
create function torture_queue() returns trigger language plpgsql as $$ begin
    insert into torture_queue values (new.event_id, new.subscriber);
    return null;
end $$;
create trigger torture_sent after insert on messaging_messages
    for each row execute function torture_change();
create trigger torture_changed after update on messaging_messages
    for each row when (new.changed_seq <> old.changed_seq) execute function torture_change();
create trigger torture_joined after insert on messaging_members
    for each row execute function torture_window();
create trigger torture_moved after update of joined_seq, left_seq on messaging_members
    for each row execute function torture_window();
create trigger torture_reacted after insert on messaging_reactions
    for each row execute function torture_react();
create trigger torture_unreacted after delete on messaging_reactions
    for each row execute function torture_unreact();
create trigger torture_published after insert on bus_outbox
    for each row execute function torture_publish();
create trigger torture_queued after insert on bus_queue
    for each row execute function torture_queue();
";
