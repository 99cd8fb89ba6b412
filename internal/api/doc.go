// Package api is what both protocols share. It keeps the state of a request in the context, reads the
// body, finds the caller and the idempotency key, prepares bulk calls and maps errors of the domain to
// apierr.
//
// It validates no event and writes no response: graph writes GraphQL, crmapi the Web API of the CRM.
package api
