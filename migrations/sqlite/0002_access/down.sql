DROP TABLE sign_in_failures;
DROP TABLE sessions;
DROP TABLE tokens;
DROP TABLE grants;
DROP TABLE roles;
DROP TABLE users;
