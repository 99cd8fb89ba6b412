// Package sender sends a file of web customer events to a running server. It is a client of the GraphQL API,
// and depends only on the published schema.
//
//	sender.go    the run: calls of 1000 events are started, awaited and recorded in the file's order
//	run.go       messages, interruption and the end of a run
//	file.go      the file, divided into calls
//	columns.go   CSV rows as events
//	call.go      one call, and its retries
//	client.go    the login and one request
//	request.go   the errors of a request, and whether a retry can succeed
//	response.go  the check of the server's response to a call
//	state.go     FILE.sent: the progress
//	rejected.go  FILE.rejected.ndjson
//
// A run continues where the previous one ended, also after kill -9, and stores no event twice: see
// docs/decisions/0009-send.md. The package does not validate events: it rejects only lines that are not
// JSON. It changes an event only to add a missing requestUniqueIdentifier.
package sender
