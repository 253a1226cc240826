-- Which resource a creating request made, so that a retry with the same Idempotency-Key finds it.
create table http_idempotency_keys (
    user_id blob not null,
    idempotency_key text not null,
    fingerprint blob not null,
    resource_id blob not null,
    created_at integer not null,
    primary key (user_id, idempotency_key)
) strict, without rowid;
create index http_idempotency_keys_created on http_idempotency_keys (created_at);
