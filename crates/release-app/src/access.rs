//! Sign-in, sessions, tokens, users, roles and grants.
