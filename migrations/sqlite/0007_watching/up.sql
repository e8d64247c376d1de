-- The targets that are looked at: when next, and by whom.
CREATE TABLE watches (
    target_id BLOB NOT NULL PRIMARY KEY REFERENCES targets (id) ON DELETE CASCADE,
    epoch INTEGER NOT NULL,
    lease_holder TEXT,
    lease_until INTEGER,
    health_at INTEGER NOT NULL,
    drift_at INTEGER NOT NULL,
    CHECK ((lease_holder IS NULL) = (lease_until IS NULL))
) STRICT;
CREATE INDEX watches_health ON watches (health_at, target_id);
CREATE INDEX watches_drift ON watches (drift_at, target_id);
INSERT INTO watches (target_id, epoch, health_at, drift_at) SELECT id, 0, 0, 0 FROM targets;

-- What was seen of a service on a target: no row before the first look and the first execution.
CREATE TABLE observations (
    target_id BLOB NOT NULL REFERENCES targets (id) ON DELETE CASCADE,
    service_id BLOB NOT NULL REFERENCES services (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    -- Until the next execution there starts.
    stands INTEGER NOT NULL,
    doc TEXT CHECK (doc IS NULL OR json_valid(doc)),
    objects TEXT CHECK (objects IS NULL OR json_valid(objects)),
    PRIMARY KEY (target_id, service_id)
) STRICT;
