// Package store keeps everything in SQLite or in MySQL, MariaDB or TiDB. It is the only package that knows gorm and the
// drivers; what differs between the databases stands in sqlite.go, mysql.go and the folders under migrations.
//
// gorm does what is done a row or a page at a time. The two things that are done a thousand rows at once, looking references
// up (find.go) and writing events (record.go), go to the connection under gorm: its reflection costs about 35 µs an event,
// more than the database needs for one.
package store
