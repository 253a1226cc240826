-- One row into a table like that of posts, with its indexes, durable when it returns.
insert into bench_posts (post_id, author_id, body, created_at)
values (lpad(to_hex(nextval('bench_numbers')), 32, '0')::uuid, '018f0000-0000-7000-8000-000000000001',
        'She slept through the night, and so did we, for the first time since we came home from the hospital. Thank you.',
        now());
