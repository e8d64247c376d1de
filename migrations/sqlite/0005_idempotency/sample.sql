-- Rows of every table of this migration, as a server wrote them: the migrations that follow run on them, and what
-- is in them must stay readable.
INSERT INTO idempotency_keys (actor_id, key, fingerprint, reserved_at, answer)
VALUES (x'019ca87f000070008000000000000006', 'key', x'154b69cbf0aaa75b1d1af2d159ed0593c3449a125287ed064c23bfd7cad0a0f9', 1772352000000000, '{"status":201,"etag":null,"body":"c2VhbGVk"}');
INSERT INTO idempotency_keys (actor_id, key, fingerprint, reserved_at, answer)
VALUES (x'019ca87f000070008000000000000006', 'open', x'154b69cbf0aaa75b1d1af2d159ed0593c3449a125287ed064c23bfd7cad0a0f9', 1772352000000000, NULL);
