DROP TABLE assistant_tokens;
DROP TABLE assistant_confirmations;
DROP TABLE assistant_entries;
DROP TABLE assistant_sessions;
