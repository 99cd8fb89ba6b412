-- The last logins of API users, and the names of deleted ones.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS user_logins (
  user_key      BIGINT NOT NULL PRIMARY KEY,
  last_login_at DATETIME(6) NOT NULL
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- Events refer to the user who recorded them by key, and show the name also after the user was deleted. The row of
-- api_users is gone then, so that the name is free for a new user.
CREATE TABLE IF NOT EXISTS deleted_users (
  user_key   BIGINT NOT NULL PRIMARY KEY,
  name       VARBINARY(1020) NOT NULL,
  deleted_at DATETIME(6) NOT NULL
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
