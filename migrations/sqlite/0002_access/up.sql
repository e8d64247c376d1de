CREATE TABLE users (
    id BLOB NOT NULL PRIMARY KEY,
    username TEXT NOT NULL,
    version INTEGER NOT NULL,
    doc TEXT NOT NULL CHECK (json_valid(doc))
) STRICT;
CREATE UNIQUE INDEX users_username ON users (username);

CREATE TABLE roles (
    id BLOB NOT NULL PRIMARY KEY,
    key TEXT NOT NULL,
    doc TEXT NOT NULL CHECK (json_valid(doc))
) STRICT;
CREATE UNIQUE INDEX roles_key ON roles (key);

CREATE TABLE grants (
    id BLOB NOT NULL PRIMARY KEY,
    -- Null for a group.
    user_id BLOB REFERENCES users (id) ON DELETE CASCADE,
    role TEXT NOT NULL REFERENCES roles (key),
    project_id BLOB REFERENCES projects (id),
    environment_id BLOB REFERENCES environments (id),
    doc TEXT NOT NULL CHECK (json_valid(doc))
) STRICT;
CREATE INDEX grants_user ON grants (user_id);
CREATE INDEX grants_role ON grants (role);
CREATE INDEX grants_project ON grants (project_id);
CREATE INDEX grants_environment ON grants (environment_id);

CREATE TABLE tokens (
    id BLOB NOT NULL PRIMARY KEY,
    owner_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash TEXT NOT NULL,
    last_used_at INTEGER,
    doc TEXT NOT NULL CHECK (json_valid(doc))
) STRICT;
CREATE UNIQUE INDEX tokens_hash ON tokens (hash);
CREATE INDEX tokens_owner ON tokens (owner_id, id);

CREATE TABLE sessions (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash TEXT NOT NULL,
    last_seen_at INTEGER NOT NULL,
    doc TEXT NOT NULL CHECK (json_valid(doc))
) STRICT;
CREATE UNIQUE INDEX sessions_hash ON sessions (hash);
CREATE INDEX sessions_user ON sessions (user_id, id);

-- The sign-in throttle. Rows older than its window are dropped on the way.
CREATE TABLE sign_in_failures (
    n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    username TEXT NOT NULL,
    address TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX sign_in_failures_address ON sign_in_failures (address, at);
CREATE INDEX sign_in_failures_at ON sign_in_failures (at);
