// Package sqlite3 stands in for the SQLite driver in C that gorm.io/driver/sqlite imports for its side effect. We give gorm
// another driver, in pure Go; without this, a first "go run" with a C compiler at hand would compile a million lines of C for
// a minute and a half, and link them, for nothing.
package sqlite3
