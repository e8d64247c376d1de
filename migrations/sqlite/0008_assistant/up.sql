-- Conversations with the assistant: their person's own, beside the timeline.
CREATE TABLE assistant_sessions (
    id BLOB NOT NULL PRIMARY KEY,
    owner_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    title TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    -- The turn that holds it, and until when.
    turn_id BLOB,
    turn_until INTEGER,
    -- Of a model, all turns together.
    tokens INTEGER NOT NULL,
    CHECK ((turn_id IS NULL) = (turn_until IS NULL))
) STRICT;
CREATE INDEX assistant_sessions_owner ON assistant_sessions (owner_id, id);

CREATE TABLE assistant_entries (
    session_id BLOB NOT NULL REFERENCES assistant_sessions (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    doc TEXT NOT NULL CHECK (json_valid(doc)),
    PRIMARY KEY (session_id, number)
) STRICT;

CREATE TABLE assistant_confirmations (
    id BLOB NOT NULL PRIMARY KEY,
    session_id BLOB NOT NULL REFERENCES assistant_sessions (id) ON DELETE CASCADE,
    doc TEXT NOT NULL CHECK (json_valid(doc)),
    -- Null while it is open: set once.
    answer TEXT,
    settled_at INTEGER,
    CHECK ((answer IS NULL) = (settled_at IS NULL))
) STRICT;
CREATE INDEX assistant_confirmations_session ON assistant_confirmations (session_id);

-- What models cost a person in a day (counted from 1970-01-01): outlives the sessions it was spent in.
CREATE TABLE assistant_tokens (
    owner_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    day INTEGER NOT NULL,
    tokens INTEGER NOT NULL,
    PRIMARY KEY (owner_id, day)
) STRICT;
