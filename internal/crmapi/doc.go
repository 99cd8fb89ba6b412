// Package crmapi is the original Web API of the CRM: an integration of the original only needs another
// address. It has the original's paths and names, and calls the same service as package graph.
//
//	handler.go    HTTP: paths, methods, the envelope
//	calls.go      the calls: log in, log out, create events
//	fields.go     fields_set, and the members of the answer's rows
//	errors.go     the original's name and sentence for each error code
//	openapi.json  the description that the server serves; the tests compare it with real answers
//
// docs/decisions/0008-the-web-api.md decides what the original's documentation leaves open.
package crmapi
