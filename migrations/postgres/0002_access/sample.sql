-- Rows of every table of this migration, as a server wrote them: the migrations that follow run on them, and what
-- is in them must stay readable.
INSERT INTO users (id, username, version, doc)
VALUES ('019ca87f-0000-7000-8000-000000000006', 'anna', 1, '{"id":"019ca87f-0000-7000-8000-000000000006","username":"anna","display_name":"User anna","kind":"human","password_hash":"$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA","must_change_password":false,"disabled":false,"groups":[],"created_at":"2026-03-01T08:00:00.000000Z","version":1}');
INSERT INTO users (id, username, version, doc)
VALUES ('019ca87f-0000-7000-8000-000000000007', 'ci', 1, '{"id":"019ca87f-0000-7000-8000-000000000007","username":"ci","display_name":"User ci","kind":"service_account","password_hash":null,"must_change_password":false,"disabled":false,"groups":[],"created_at":"2026-03-01T08:00:00.000000Z","version":1}');
INSERT INTO roles (id, key, doc)
VALUES ('019ca87f-0000-7000-8000-00000000000d', 'tester', '{"id":"019ca87f-0000-7000-8000-00000000000d","key":"tester","shipped":false,"permissions":["release:read"]}');
INSERT INTO grants (id, user_id, role, project_id, environment_id, doc)
VALUES ('019ca87f-0000-7000-8000-00000000000e', '019ca87f-0000-7000-8000-000000000006', 'tester', NULL, NULL, '{"id":"019ca87f-0000-7000-8000-00000000000e","subject":"user:019ca87f-0000-7000-8000-000000000006","role":"tester","project":null,"environment":null,"created_at":"2026-03-01T08:00:00.000000Z"}');
INSERT INTO grants (id, user_id, role, project_id, environment_id, doc)
VALUES ('019ca87f-0000-7000-8000-00000000000f', '019ca87f-0000-7000-8000-000000000007', 'tester', '019ca87f-0000-7000-8000-000000000001', '019ca87f-0000-7000-8000-000000000002', '{"id":"019ca87f-0000-7000-8000-00000000000f","subject":"sa:019ca87f-0000-7000-8000-000000000007","role":"tester","project":"019ca87f-0000-7000-8000-000000000001","environment":"019ca87f-0000-7000-8000-000000000002","created_at":"2026-03-01T08:00:00.000000Z"}');
INSERT INTO tokens (id, owner_id, hash, last_used_at, doc)
VALUES ('019ca87f-0000-7000-8000-000000000010', '019ca87f-0000-7000-8000-000000000007', '0538661423236a5d8df6286a8633369e2a03c5f90d48eded333222dbee8cdbdd', NULL, '{"id":"019ca87f-0000-7000-8000-000000000010","name":"token t","prefix":"rct_abcd","hash":"0538661423236a5d8df6286a8633369e2a03c5f90d48eded333222dbee8cdbdd","owner":"019ca87f-0000-7000-8000-000000000007","made_by":"019ca87f-0000-7000-8000-000000000007","scopes":[],"channel":"cli","created_at":"2026-03-01T08:00:00.000000Z","expires_at":null,"last_used_at":null}');
INSERT INTO sessions (id, user_id, hash, last_seen_at, doc)
VALUES ('019ca87f-0000-7000-8000-000000000011', '019ca87f-0000-7000-8000-000000000006', '3d1d92230feb6db469532f26d9e2d7ab2b9a7982924c2706ac5a89679756e6bf', '2026-03-01T08:00:00.000000Z', '{"id":"019ca87f-0000-7000-8000-000000000011","user":"019ca87f-0000-7000-8000-000000000006","hash":"3d1d92230feb6db469532f26d9e2d7ab2b9a7982924c2706ac5a89679756e6bf","csrf_token":"csrf","created_at":"2026-03-01T08:00:00.000000Z","last_seen_at":"2026-03-01T08:00:00.000000Z","address":"192.0.2.1","user_agent":"test"}');
INSERT INTO sign_in_failures (username, address, at)
VALUES ('anna', '192.0.2.1', '2026-03-01T08:00:00.000000Z');
