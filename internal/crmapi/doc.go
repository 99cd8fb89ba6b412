// Package crmapi says in the words of the CRM's own Web API what the program does, and decides nothing: integrations that speak
// the original need another address and nothing else. What they send goes to the same service as graph's, through the same
// decoder under the original's names.
//
//	handler.go    HTTP: paths, methods, the envelope
//	calls.go      the calls: log in, log out, take events in
//	fields.go     fields_set, and the members of the answer's rows
//	classes.go    the words for why a call was refused
//	openapi.json  the description that is served, and that the tests hold against real answers
//
// What the original's page leaves open is decided in docs/decisions/0008-the-web-api.md.
package crmapi
