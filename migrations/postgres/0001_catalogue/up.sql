-- Facts about the store itself: its id, fingerprints of the keys it was made with.
CREATE TABLE store_meta (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- Store-wide counters. `policy_version` grows with every change of access, policies, freezes and holds; `epoch` fences
-- executions.
CREATE TABLE counters (
    name TEXT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counters (name, value) VALUES ('policy_version', 0), ('epoch', 0);

CREATE TABLE projects (
    id UUID NOT NULL PRIMARY KEY,
    key TEXT COLLATE "C" NOT NULL,
    search TEXT NOT NULL,
    version BIGINT NOT NULL,
    doc JSON NOT NULL
);
CREATE UNIQUE INDEX projects_key ON projects (key);
CREATE INDEX projects_list ON projects (key, id);

CREATE TABLE environments (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL REFERENCES projects (id),
    key TEXT COLLATE "C" NOT NULL,
    search TEXT NOT NULL,
    version BIGINT NOT NULL,
    doc JSON NOT NULL
);
CREATE UNIQUE INDEX environments_project_key ON environments (project_id, key);
CREATE INDEX environments_key ON environments (key, id);

CREATE TABLE policy_revisions (
    environment_id UUID NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    doc JSON NOT NULL,
    PRIMARY KEY (environment_id, number)
);

CREATE TABLE services (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL REFERENCES projects (id),
    key TEXT COLLATE "C" NOT NULL,
    runtime_type TEXT NOT NULL,
    search TEXT NOT NULL,
    version BIGINT NOT NULL,
    doc JSON NOT NULL
);
CREATE UNIQUE INDEX services_project_key ON services (project_id, key);
CREATE INDEX services_key ON services (key, id);

CREATE TABLE service_revisions (
    service_id UUID NOT NULL REFERENCES services (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    doc JSON NOT NULL,
    PRIMARY KEY (service_id, number)
);

CREATE TABLE targets (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL REFERENCES projects (id),
    environment_id UUID NOT NULL REFERENCES environments (id),
    key TEXT COLLATE "C" NOT NULL,
    runtime_type TEXT NOT NULL,
    search TEXT NOT NULL,
    version BIGINT NOT NULL,
    doc JSON NOT NULL
);
CREATE UNIQUE INDEX targets_project_key ON targets (project_id, key);
CREATE INDEX targets_key ON targets (key, id);
CREATE INDEX targets_environment ON targets (environment_id);

-- Outlives what it stopped: its scope is no reference.
CREATE TABLE freezes (
    id UUID NOT NULL PRIMARY KEY,
    ends_at TIMESTAMPTZ,
    lifted_at TIMESTAMPTZ,
    doc JSON NOT NULL
);
CREATE INDEX freezes_standing ON freezes (id) WHERE lifted_at IS NULL;
