-- Rows of every table of this migration, as a server wrote them: the migrations that follow run on them, and what
-- is in them must stay readable.
INSERT INTO idempotency_keys (actor_id, key, fingerprint, reserved_at, answer)
VALUES ('019ca87f-0000-7000-8000-000000000006', 'key', '\x154b69cbf0aaa75b1d1af2d159ed0593c3449a125287ed064c23bfd7cad0a0f9', '2026-03-01T08:00:00.000000Z', '{"status":201,"etag":null,"body":"c2VhbGVk"}');
INSERT INTO idempotency_keys (actor_id, key, fingerprint, reserved_at, answer)
VALUES ('019ca87f-0000-7000-8000-000000000006', 'open', '\x154b69cbf0aaa75b1d1af2d159ed0593c3449a125287ed064c23bfd7cad0a0f9', '2026-03-01T08:00:00.000000Z', NULL);
