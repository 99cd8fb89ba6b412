// Package sender sends a file of web customer events to a running server. It is a client of the GraphQL API,
// and depends only on the published schema.
//
//	sender.go        the run: calls of 1000 events are started, awaited and recorded in the file's order
//	run.go           the state before the run, messages, interruption and the end of a run
//	checkpoint.go    the start of a call, and the record of its result
//	file.go          the file, divided into calls
//	pass.go          the bytes of one pass over the file
//	ndjson.go        lines as events, and FILE.rejected.ndjson
//	csv.go           CSV rows as events; columns.go has the columns
//	csv_rejected.go  FILE.rejected.csv
//	call.go          one call, and its retries
//	client.go        the login and one request
//	connection.go    requests that cannot succeed later either, and what to do
//	request.go       the errors of a request, and whether a retry can succeed
//	response.go      the check of the server's response to a call
//	state.go         FILE.sent: the progress
//	rejected.go      the file of rejected events
//	check.go         the file of rejected events of a check
//
// A run continues where the previous one ended, also after kill -9, and stores no event twice: see
// docs/decisions/0009-send.md. The package does not validate events: it rejects only lines that are not
// JSON. It changes an event only to add a missing requestUniqueIdentifier.
package sender
