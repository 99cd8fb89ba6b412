// Faults proves that nothing is lost and nothing is stored twice, whatever breaks. It runs the built server as a stranger would,
// over HTTP, breaks the server, its database, the connections between them or the disk under them, and then holds the database,
// read by SQL, against a ledger of everything its clients sent and were told.
//
// It holds no rule of the server's: what it knows is the contract's words and the names of tables and columns. The two wrong servers
// in wrong.go are here to be found out, so that a table without losses means something; nothing else may run them.
//
//	go run ./faults                                every fault, as often as the README says
//	go run ./faults -only server-killed-sqlite -count 5 -seed 7
package main
