-- A conversation whose turn is running, with a confirmation that was declined, and what its model cost.
INSERT INTO assistant_sessions (id, owner_id, title, created_at, updated_at, turn_id, turn_until, tokens)
VALUES (x'019ca87f000070008000000000000020', x'019ca87f000070008000000000000006', 'apply 1', 1772352000000000, 1772352001000000, x'019ca87f000070008000000000000022', 1772352059000000, 1200);
INSERT INTO assistant_entries (session_id, number, doc)
VALUES (x'019ca87f000070008000000000000020', 1, '{"number":1,"at":"2026-03-01T08:00:00.000000Z","event":"message","from":"person","text":"apply 1"}');
INSERT INTO assistant_entries (session_id, number, doc)
VALUES (x'019ca87f000070008000000000000020', 2, '{"number":2,"at":"2026-03-01T08:00:01.000000Z","event":"confirmation_required","confirmation_id":"019ca87f-0000-7000-8000-000000000021","tool":"apply_release","arguments":{"release_id":"019ca87f-0000-7000-8000-000000000008"},"release_id":"019ca87f-0000-7000-8000-000000000008","release_number":1,"plan_hash":"fe3b1cb0f0d16c2a3d9ae9a3ed7a8b7d5a93a3d84e64a7fb1a0b1be1a0a1f9a0","objects":[{"key":"service/web","action":"update"}],"allowed":true,"reasons":[],"expires_at":"2026-03-01T08:30:00.000000Z"}');
INSERT INTO assistant_confirmations (id, session_id, doc, answer, settled_at)
VALUES (x'019ca87f000070008000000000000021', x'019ca87f000070008000000000000020', '{"id":"019ca87f-0000-7000-8000-000000000021","session":"019ca87f-0000-7000-8000-000000000020","tool":"apply_release","arguments":{"release_id":"019ca87f-0000-7000-8000-000000000008"},"release":"019ca87f-0000-7000-8000-000000000008","plan_hash":"fe3b1cb0f0d16c2a3d9ae9a3ed7a8b7d5a93a3d84e64a7fb1a0b1be1a0a1f9a0","token":"c2VhbGVk","expires_at":"2026-03-01T08:30:00.000000Z"}', 'declined', 1772352002000000);
INSERT INTO assistant_tokens (owner_id, day, tokens)
VALUES (x'019ca87f000070008000000000000006', 20513, 1200);
