-- Append-only. `doc` is the sealed event as an auditor hashes it; the columns beside it are for filters.
CREATE TABLE timeline (
    seq BIGINT NOT NULL PRIMARY KEY,
    release_id UUID,
    release_seq BIGINT,
    event_type TEXT NOT NULL,
    occurred_at TIMESTAMPTZ NOT NULL,
    actor_id UUID NOT NULL,
    channel TEXT NOT NULL,
    correlation_id UUID,
    project_id UUID,
    environment_id UUID,
    service_id UUID,
    target_id UUID,
    -- The release named by an event outside that release's own chain (`access.denied`).
    about_release_id UUID,
    hash BYTEA NOT NULL,
    doc JSON NOT NULL,
    CHECK ((release_id IS NULL) = (release_seq IS NULL)),
    CHECK (length(hash) = 32)
);
CREATE UNIQUE INDEX timeline_release ON timeline (release_id, seq) WHERE release_id IS NOT NULL;
CREATE INDEX timeline_about_release ON timeline (about_release_id, seq) WHERE about_release_id IS NOT NULL;
CREATE INDEX timeline_project ON timeline (project_id, seq);
CREATE INDEX timeline_environment ON timeline (environment_id, seq) WHERE environment_id IS NOT NULL;
CREATE INDEX timeline_service ON timeline (service_id, seq) WHERE service_id IS NOT NULL;
CREATE INDEX timeline_target ON timeline (target_id, seq) WHERE target_id IS NOT NULL;
CREATE INDEX timeline_actor ON timeline (actor_id, seq);
CREATE INDEX timeline_event_type ON timeline (event_type, seq);

CREATE FUNCTION timeline_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the timeline is append-only';
END $$;
CREATE TRIGGER timeline_no_change BEFORE UPDATE OR DELETE ON timeline
    FOR EACH ROW EXECUTE FUNCTION timeline_is_append_only();
CREATE TRIGGER timeline_no_truncate BEFORE TRUNCATE ON timeline
    FOR EACH STATEMENT EXECUTE FUNCTION timeline_is_append_only();
-- The trigger also stops who owns the table; the grant stops everybody who has not undone it.
REVOKE UPDATE, DELETE, TRUNCATE ON timeline FROM PUBLIC, CURRENT_USER;

CREATE FUNCTION timeline_is_dense() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM timeline) THEN
        RAISE EXCEPTION 'the timeline has no gaps';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER timeline_is_dense BEFORE INSERT ON timeline
    FOR EACH ROW EXECUTE FUNCTION timeline_is_dense();

-- Wakes the replicas that wait for events; folded into one per transaction.
CREATE FUNCTION timeline_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('release_events', '');
    RETURN NULL;
END $$;
CREATE TRIGGER timeline_notify AFTER INSERT ON timeline
    FOR EACH STATEMENT EXECUTE FUNCTION timeline_notify();
