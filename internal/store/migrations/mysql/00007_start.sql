-- Tables for the start and the logins of a server.
-- +goose NO TRANSACTION
-- +goose Up

-- Properties of the database: the check value of its secret key, and whether it is a demo. The program creates this
-- table before the first migration, because it marks the database as one of this program.
CREATE TABLE IF NOT EXISTS customer_events_properties (
  name   VARBINARY(64) NOT NULL PRIMARY KEY,
  value  VARBINARY(255) NOT NULL,
  set_at DATETIME(6) NOT NULL
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- Hashes of networks with a successful login. Failed logins from other networks do not lock these out.
CREATE TABLE IF NOT EXISTS login_networks (
  network       BINARY(32) NOT NULL PRIMARY KEY,
  last_login_at DATETIME(6) NOT NULL,
  KEY login_networks_last_login_at (last_login_at)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
