-- Facts about the store itself: its id, fingerprints of the keys it was made with.
CREATE TABLE store_meta (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- Store-wide counters. `policy_version` grows with every change of access, policies, freezes and holds; `epoch` fences
-- executions.
CREATE TABLE counters (
    name TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT;
INSERT INTO counters (name, value) VALUES ('policy_version', 0), ('epoch', 0);

CREATE TABLE projects (
    id BLOB NOT NULL PRIMARY KEY,
    key TEXT NOT NULL,
    search TEXT NOT NULL,
    version INTEGER NOT NULL,
    doc TEXT NOT NULL CHECK (json_valid(doc))
) STRICT;
CREATE UNIQUE INDEX projects_key ON projects (key);
CREATE INDEX projects_list ON projects (key, id);

CREATE TABLE environments (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL REFERENCES projects (id),
    key TEXT NOT NULL,
    search TEXT NOT NULL,
    version INTEGER NOT NULL,
    doc TEXT NOT NULL CHECK (json_valid(doc))
) STRICT;
CREATE UNIQUE INDEX environments_project_key ON environments (project_id, key);
CREATE INDEX environments_key ON environments (key, id);

CREATE TABLE policy_revisions (
    environment_id BLOB NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    doc TEXT NOT NULL CHECK (json_valid(doc)),
    PRIMARY KEY (environment_id, number)
) STRICT;

CREATE TABLE services (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL REFERENCES projects (id),
    key TEXT NOT NULL,
    runtime_type TEXT NOT NULL,
    search TEXT NOT NULL,
    version INTEGER NOT NULL,
    doc TEXT NOT NULL CHECK (json_valid(doc))
) STRICT;
CREATE UNIQUE INDEX services_project_key ON services (project_id, key);
CREATE INDEX services_key ON services (key, id);

CREATE TABLE service_revisions (
    service_id BLOB NOT NULL REFERENCES services (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    doc TEXT NOT NULL CHECK (json_valid(doc)),
    PRIMARY KEY (service_id, number)
) STRICT;

CREATE TABLE targets (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL REFERENCES projects (id),
    environment_id BLOB NOT NULL REFERENCES environments (id),
    key TEXT NOT NULL,
    runtime_type TEXT NOT NULL,
    search TEXT NOT NULL,
    version INTEGER NOT NULL,
    doc TEXT NOT NULL CHECK (json_valid(doc))
) STRICT;
CREATE UNIQUE INDEX targets_project_key ON targets (project_id, key);
CREATE INDEX targets_key ON targets (key, id);
CREATE INDEX targets_environment ON targets (environment_id);

-- Outlives what it stopped: its scope is no reference.
CREATE TABLE freezes (
    id BLOB NOT NULL PRIMARY KEY,
    ends_at INTEGER,
    lifted_at INTEGER,
    doc TEXT NOT NULL CHECK (json_valid(doc))
) STRICT;
CREATE INDEX freezes_standing ON freezes (id) WHERE lifted_at IS NULL;
