// Package store stores everything in SQLite, MySQL, MariaDB or TiDB. Only this package imports gorm and
// the database drivers. The differences between the databases are in the dialect interface, in the files
// sqlite*.go and mysql*.go, and in the folders under migrations.
//
// gorm reads whole records into the types of models, adds users, replaces password hashes, ends sessions
// and purges; everything else is SQL on the connection pools beneath gorm. The reason is the bulk call:
// gorm's reflection costs about 35 µs an event, more than the database needs for one.
//
// The write protocol is in record.go: ids are generated beforehand, unique keys decide what is new, and
// any error drops the transaction. Small calls share passes: one look-up (lookup.go) and one write
// (pass.go, pass_queue.go). Each dialect inserts events in its own way (mysql_insert.go,
// mysql_insert_alone.go, sqlite_insert.go), from one table of columns (event_columns.go).
package store
