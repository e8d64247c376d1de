-- The targets that are looked at: when next, and by whom.
CREATE TABLE watches (
    target_id UUID NOT NULL PRIMARY KEY REFERENCES targets (id) ON DELETE CASCADE,
    epoch BIGINT NOT NULL,
    lease_holder TEXT,
    lease_until TIMESTAMPTZ,
    health_at TIMESTAMPTZ NOT NULL,
    drift_at TIMESTAMPTZ NOT NULL,
    CHECK ((lease_holder IS NULL) = (lease_until IS NULL))
);
CREATE INDEX watches_health ON watches (health_at, target_id);
CREATE INDEX watches_drift ON watches (drift_at, target_id);
INSERT INTO watches (target_id, epoch, health_at, drift_at)
SELECT id, 0, '1970-01-01T00:00:00Z', '1970-01-01T00:00:00Z' FROM targets;

-- What was seen of a service on a target: no row before the first look and the first execution.
CREATE TABLE observations (
    target_id UUID NOT NULL REFERENCES targets (id) ON DELETE CASCADE,
    service_id UUID NOT NULL REFERENCES services (id) ON DELETE CASCADE,
    version BIGINT NOT NULL,
    -- Until the next execution there starts.
    stands BOOLEAN NOT NULL,
    doc JSON,
    objects JSON,
    PRIMARY KEY (target_id, service_id)
);
