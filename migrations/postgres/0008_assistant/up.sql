-- Conversations with the assistant: their person's own, beside the timeline.
CREATE TABLE assistant_sessions (
    id UUID NOT NULL PRIMARY KEY,
    owner_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    title TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    -- The turn that holds it, and until when.
    turn_id UUID,
    turn_until TIMESTAMPTZ,
    -- Of a model, all turns together.
    tokens BIGINT NOT NULL,
    CHECK ((turn_id IS NULL) = (turn_until IS NULL))
);
CREATE INDEX assistant_sessions_owner ON assistant_sessions (owner_id, id);

CREATE TABLE assistant_entries (
    session_id UUID NOT NULL REFERENCES assistant_sessions (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    doc JSON NOT NULL,
    PRIMARY KEY (session_id, number)
);

CREATE TABLE assistant_confirmations (
    id UUID NOT NULL PRIMARY KEY,
    session_id UUID NOT NULL REFERENCES assistant_sessions (id) ON DELETE CASCADE,
    doc JSON NOT NULL,
    -- Null while it is open: set once.
    answer TEXT,
    settled_at TIMESTAMPTZ,
    CHECK ((answer IS NULL) = (settled_at IS NULL))
);
CREATE INDEX assistant_confirmations_session ON assistant_confirmations (session_id);

-- What models cost a person in a day (counted from 1970-01-01): outlives the sessions it was spent in.
CREATE TABLE assistant_tokens (
    owner_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    day INTEGER NOT NULL,
    tokens BIGINT NOT NULL,
    PRIMARY KEY (owner_id, day)
);
