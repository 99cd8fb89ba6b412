-- Tables for the start and the logins of a server.
-- +goose Up

-- Properties of the database: the check value of its secret key, and whether it is a demo. The program creates this
-- table before the first migration, because it marks the database as one of this program.
CREATE TABLE IF NOT EXISTS customer_events_properties (
  name   TEXT NOT NULL PRIMARY KEY,
  value  BLOB NOT NULL,
  set_at DATETIME NOT NULL
) WITHOUT ROWID;

-- Hashes of networks with a successful login. Failed logins from other networks do not lock these out.
CREATE TABLE login_networks (
  network       BLOB NOT NULL PRIMARY KEY,
  last_login_at DATETIME NOT NULL
) WITHOUT ROWID;
CREATE INDEX login_networks_last_login_at ON login_networks (last_login_at);
