// Package crmapi is the original Web API of the CRM: an integration of the original only needs another
// address. It has the original's paths and names, and calls the same service as package graph.
//
//	handler.go    HTTP: paths, methods, the envelope
//	calls.go      the calls: log in, log out, create events
//	fields.go     fields_set, and the members of the answer's rows
//	errors.go     the class and the sentence of an error, from the catalogue of apierr
//	openapi.json  the description that is served, which the tests compare with real answers
//
// docs/decisions/0008-the-web-api.md decides what the original's documentation leaves open.
package crmapi
