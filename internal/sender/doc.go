// Package sender sends a file of web customer events to a running server: it is a client, and knows of the server no more than
// what the schema says to everybody.
//
//	sender.go    the run: calls of 1000 are begun, awaited and noted in the file's order
//	run.go       what is told to people, and how a run ends
//	file.go      what the file holds, cut into calls
//	columns.go   a CSV row as an event
//	call.go      one call, sent until it is answered
//	client.go    login and one request
//	answer.go    what the server says of a call, and whether it can be true
//	state.go     FILE.sent: how far it has come
//	rejected.go  FILE.rejected.ndjson
//
// Sending goes on where it was, also after kill -9, and stores no event twice: see docs/decisions/0009-send.md. It judges no
// event, but for lines that are no JSON and cannot be sent; it changes none, but for a requestUniqueIdentifier that is missing.
package sender
