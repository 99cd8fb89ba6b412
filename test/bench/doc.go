// Bench measures the server against the floor of its database, in one run, and prints one table.
//
// The floor is what hand-written database/sql needs for the same: three set lookups and one multi-row INSERT of the same rows into
// the same tables, committed (on SQLite the INSERT alone). The server is the built program, over HTTP, with the whole contract, through
// each of its doors. Floor and doors take turns, a round each, on the same database server with durable settings; figures are medians
// over the rounds. After every round the rows are counted: a figure without its rows is no figure.
//
//	go run ./bench            MariaDB and SQLite, all sizes
//	go run ./bench -neighbour=1    what a client that repeats a recorded event takes from others
//	go run ./bench -only=sqlite -clients=1 -batches=1000 -rounds=5
package main
