-- What the start of a server goes by.
-- +goose Up

-- Facts about the database as a whole: the check value of its secret key, and whether it is a demo. The program creates
-- this table before the first migration: it marks a database as ours.
CREATE TABLE IF NOT EXISTS customer_events_properties (
  name   TEXT NOT NULL PRIMARY KEY,
  value  BLOB NOT NULL,
  set_at DATETIME NOT NULL
) WITHOUT ROWID;

-- Networks that somebody has logged in from, as hashes: failed logins elsewhere do not lock them out.
CREATE TABLE login_networks (
  network       BLOB NOT NULL PRIMARY KEY,
  last_login_at DATETIME NOT NULL
) WITHOUT ROWID;
CREATE INDEX login_networks_last_login_at ON login_networks (last_login_at);
