// Bench measures the server against the floor of its database and prints one table.
//
// The floor is what hand-written database/sql needs for the same work: three set lookups and one multi-row
// INSERT of the same rows into the same tables, committed. On SQLite it is the INSERT alone. The server is
// the built program, over HTTP, with the whole contract, through each of its protocols.
//
// Each round measures the floor and then every protocol, on the same database server with durable
// settings. The figures are medians over the rounds. After every measurement the rows are counted: missing
// rows end the run.
//
//	go run ./test/bench               MariaDB and SQLite, all sizes
//	go run ./test/bench -neighbour=1  the effect of a client that repeats a recorded event on other clients
//	go run ./test/bench -only=sqlite -clients=1 -batches=1000 -rounds=5
package main
