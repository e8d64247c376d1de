CREATE TABLE idempotency_keys (
    actor_id UUID NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    fingerprint BYTEA NOT NULL,
    reserved_at TIMESTAMPTZ NOT NULL,
    -- Null while the request is being worked on.
    answer JSON,
    PRIMARY KEY (actor_id, key)
);
CREATE INDEX idempotency_keys_reserved ON idempotency_keys (reserved_at);
