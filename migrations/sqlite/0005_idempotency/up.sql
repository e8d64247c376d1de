CREATE TABLE idempotency_keys (
    actor_id BLOB NOT NULL,
    key TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    reserved_at INTEGER NOT NULL,
    -- Null while the request is being worked on.
    answer TEXT CHECK (json_valid(answer)),
    PRIMARY KEY (actor_id, key)
) STRICT;
CREATE INDEX idempotency_keys_reserved ON idempotency_keys (reserved_at);
