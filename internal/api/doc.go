// Package api is what both protocols share. It authenticates the request, finds the idempotency key, applies
// the rate limit, prepares bulk calls, reads JSON bodies and maps errors of the domain to apierr.
//
//	authentication.go  Authentication: the header's token, looked up once a request
//	caller.go          callers, logins, logouts and idempotency keys
//	bulk.go            BulkCall: what happens before the events of a call are processed
//	rate.go            RateLimit: the rate limit of one request's caller
//	logrecord.go       LogRecord: the fields of a request's log line
//	disconnect.go      Disconnected: whether the client has disconnected
//	forbidden.go       Forbidden: the error of a request that middleware forbids
//	jsonobject.go      Members: reads a body that is one JSON object
//
// Each of these that belongs to a request is a context value of its own; internal/app sets them.
//
// It validates no event and writes no response: graph writes GraphQL, crmapi the Web API of the CRM.
package api
