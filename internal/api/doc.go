// Package api is what every door does alike: it reads a request's body within bounds, finds out whose call it is and under
// which key, and says of an error what a stranger may read. How that is worded, and in which JSON, is the doors' own: graph
// speaks GraphQL, webapi the CRM's Web API. It judges no event.
package api
