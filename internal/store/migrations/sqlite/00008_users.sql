-- The last logins of API users, and the names of deleted ones.
-- +goose Up
CREATE TABLE user_logins (
  user_key      INTEGER NOT NULL PRIMARY KEY,
  last_login_at DATETIME NOT NULL
);

-- Events refer to the user who recorded them by key, and show the name also after the user was deleted. The row of
-- api_users is gone then, so that the name is free for a new user.
CREATE TABLE deleted_users (
  user_key   INTEGER NOT NULL PRIMARY KEY,
  name       TEXT NOT NULL,
  deleted_at DATETIME NOT NULL
);
