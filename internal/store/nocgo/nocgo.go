// Package sqlite3 replaces the SQLite driver in C that gorm.io/driver/sqlite imports for its side effect.
// The program uses another driver, in pure Go. Without this package, the first "go run" on a system with
// a C compiler would compile and link a million lines of unused C, which takes a minute and a half.
package sqlite3
