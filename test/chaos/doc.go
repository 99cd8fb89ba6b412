// Chaos checks that no fault loses an event or stores one twice. It runs the built server over HTTP,
// breaks the server, its database, the connections between them or the disk, and then compares the
// database, read with SQL, with the history of everything that its clients sent and received.
//
// It shares no code with the server: it relies on the contract and on the names of tables and columns. The
// two servers of faulty_server.go are wrong on purpose and must be detected, so that a run without
// findings means something.
//
//	go run ./test/chaos                                every fault, as often as the README says
//	go run ./test/chaos -only server-killed-sqlite -count 5 -seed 7
package main
