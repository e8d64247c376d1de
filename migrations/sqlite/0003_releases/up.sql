-- The newest release number given in a project.
CREATE TABLE release_numbers (
    project_id BLOB NOT NULL PRIMARY KEY,
    last INTEGER NOT NULL
) STRICT;

CREATE TABLE releases (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL REFERENCES projects (id),
    number INTEGER NOT NULL,
    service_id BLOB NOT NULL REFERENCES services (id),
    target_id BLOB NOT NULL REFERENCES targets (id),
    environment_id BLOB NOT NULL REFERENCES environments (id),
    runtime_type TEXT NOT NULL,
    -- Null on a row of an older system: it has a raw_status, which only queries map.
    state TEXT,
    raw_status TEXT,
    created_by BLOB NOT NULL,
    channel TEXT NOT NULL,
    is_current INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    search TEXT NOT NULL,
    version INTEGER NOT NULL,
    doc TEXT NOT NULL CHECK (json_valid(doc)),
    CHECK ((state IS NULL) = (raw_status IS NOT NULL)),
    CHECK (raw_status IS NULL OR is_current = 0)
) STRICT;
CREATE UNIQUE INDEX releases_number ON releases (project_id, number);
CREATE INDEX releases_project ON releases (project_id, id);
CREATE INDEX releases_service ON releases (service_id, id);
CREATE INDEX releases_target ON releases (target_id, id);
CREATE INDEX releases_environment ON releases (environment_id, id);
CREATE INDEX releases_state ON releases (state, id);
CREATE INDEX releases_created_by ON releases (created_by, id);
CREATE UNIQUE INDEX releases_current ON releases (target_id, service_id) WHERE is_current;

-- Every preview there was, as it stood when its release was last saved with it.
CREATE TABLE previews (
    id BLOB NOT NULL PRIMARY KEY,
    release_id BLOB NOT NULL REFERENCES releases (id),
    kind TEXT NOT NULL,
    token_hash TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    consumed_at INTEGER,
    doc TEXT NOT NULL CHECK (json_valid(doc))
) STRICT;
CREATE UNIQUE INDEX previews_token ON previews (token_hash);
CREATE INDEX previews_release ON previews (release_id, id);

CREATE TABLE preview_bodies (
    preview_id BLOB NOT NULL PRIMARY KEY,
    release_id BLOB NOT NULL REFERENCES releases (id),
    doc TEXT NOT NULL CHECK (json_valid(doc))
) STRICT;
CREATE INDEX preview_bodies_release ON preview_bodies (release_id);

CREATE TABLE tickets (
    id BLOB NOT NULL PRIMARY KEY,
    release_id BLOB NOT NULL REFERENCES releases (id),
    purpose TEXT NOT NULL,
    status TEXT NOT NULL,
    project_id BLOB NOT NULL,
    environment_id BLOB NOT NULL,
    requested_by BLOB NOT NULL,
    expires_at INTEGER,
    doc TEXT NOT NULL CHECK (json_valid(doc))
) STRICT;
CREATE INDEX tickets_release ON tickets (release_id, id);
CREATE INDEX tickets_status ON tickets (status, id);
CREATE INDEX tickets_project ON tickets (project_id, id);
CREATE INDEX tickets_environment ON tickets (environment_id, id);
CREATE INDEX tickets_requested_by ON tickets (requested_by, id);
CREATE INDEX tickets_due ON tickets (status, expires_at, id);

CREATE TABLE executions (
    id BLOB NOT NULL PRIMARY KEY,
    release_id BLOB NOT NULL REFERENCES releases (id),
    service_id BLOB NOT NULL REFERENCES services (id),
    target_id BLOB NOT NULL REFERENCES targets (id),
    kind TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    lease_holder TEXT,
    lease_until INTEGER,
    cancel_requested INTEGER NOT NULL,
    wrote INTEGER NOT NULL,
    queued_at INTEGER NOT NULL,
    started_at INTEGER,
    progress_at INTEGER NOT NULL,
    outcome TEXT,
    ended_at INTEGER,
    doc TEXT NOT NULL CHECK (json_valid(doc)),
    CHECK ((lease_holder IS NULL) = (lease_until IS NULL)),
    CHECK ((outcome IS NULL) = (ended_at IS NULL))
) STRICT;
-- At most one at a time per service and target: the store itself guards it.
CREATE UNIQUE INDEX executions_open ON executions (service_id, target_id) WHERE outcome IS NULL;
CREATE INDEX executions_queue ON executions (queued_at, id) WHERE outcome IS NULL;
CREATE INDEX executions_attempts ON executions (target_id, service_id, kind, queued_at, id);
CREATE INDEX executions_release ON executions (release_id);

CREATE TABLE object_states (
    execution_id BLOB NOT NULL REFERENCES executions (id),
    key TEXT NOT NULL,
    doc TEXT NOT NULL CHECK (json_valid(doc)),
    PRIMARY KEY (execution_id, key)
) STRICT;

CREATE TABLE diagnostics (
    n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    release_id BLOB NOT NULL REFERENCES releases (id),
    execution_id BLOB REFERENCES executions (id),
    doc TEXT NOT NULL CHECK (json_valid(doc))
) STRICT;
CREATE INDEX diagnostics_release ON diagnostics (release_id, n);
CREATE INDEX diagnostics_execution ON diagnostics (execution_id);

CREATE TABLE holds (
    target_id BLOB NOT NULL REFERENCES targets (id) ON DELETE CASCADE,
    service_id BLOB NOT NULL REFERENCES services (id) ON DELETE CASCADE,
    release_id BLOB NOT NULL REFERENCES releases (id),
    since INTEGER NOT NULL,
    PRIMARY KEY (target_id, service_id)
) STRICT;
