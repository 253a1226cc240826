-- Which resource a creating request made, so that a retry with the same Idempotency-Key finds it.
create table http_idempotency_keys (
    user_id uuid not null,
    idempotency_key text collate "C" not null,
    fingerprint bytea not null,
    resource_id uuid not null,
    created_at timestamptz not null,
    primary key (user_id, idempotency_key)
);
create index http_idempotency_keys_created on http_idempotency_keys (created_at);
