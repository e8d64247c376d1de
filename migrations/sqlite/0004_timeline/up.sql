-- Append-only. `doc` is the sealed event as an auditor hashes it; the columns beside it are for filters.
CREATE TABLE timeline (
    seq INTEGER NOT NULL PRIMARY KEY,
    release_id BLOB,
    release_seq INTEGER,
    event_type TEXT NOT NULL,
    occurred_at INTEGER NOT NULL,
    actor_id BLOB NOT NULL,
    channel TEXT NOT NULL,
    correlation_id BLOB,
    project_id BLOB,
    environment_id BLOB,
    service_id BLOB,
    target_id BLOB,
    -- The release named by an event outside that release's own chain (`access.denied`).
    about_release_id BLOB,
    hash BLOB NOT NULL,
    doc TEXT NOT NULL CHECK (json_valid(doc)),
    CHECK ((release_id IS NULL) = (release_seq IS NULL)),
    CHECK (length(hash) = 32)
) STRICT;
CREATE UNIQUE INDEX timeline_release ON timeline (release_id, seq) WHERE release_id IS NOT NULL;
CREATE INDEX timeline_about_release ON timeline (about_release_id, seq) WHERE about_release_id IS NOT NULL;
CREATE INDEX timeline_project ON timeline (project_id, seq);
CREATE INDEX timeline_environment ON timeline (environment_id, seq) WHERE environment_id IS NOT NULL;
CREATE INDEX timeline_service ON timeline (service_id, seq) WHERE service_id IS NOT NULL;
CREATE INDEX timeline_target ON timeline (target_id, seq) WHERE target_id IS NOT NULL;
CREATE INDEX timeline_actor ON timeline (actor_id, seq);
CREATE INDEX timeline_event_type ON timeline (event_type, seq);

CREATE TRIGGER timeline_is_dense BEFORE INSERT ON timeline
WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM timeline)
BEGIN
    SELECT RAISE(ABORT, 'the timeline has no gaps');
END;
CREATE TRIGGER timeline_no_update BEFORE UPDATE ON timeline
BEGIN
    SELECT RAISE(ABORT, 'the timeline is append-only');
END;
CREATE TRIGGER timeline_no_delete BEFORE DELETE ON timeline
BEGIN
    SELECT RAISE(ABORT, 'the timeline is append-only');
END;
