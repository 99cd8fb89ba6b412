// Package graph is the GraphQL API. It parses a request, calls events, auth and the reader, and encodes the
// answer. It also limits the cost of a request.
//
//	transport.go   GraphQL over HTTP: media types, parameters, statuses
//	handler.go     the execution of a request, and its limits
//	document.go    the query text: parsing, validation, limits, cache
//	literals.go    exact values of the literals in a query text
//	coerce.go      variables by GraphQL's rules; events by their own decoder
//	cost.go        the computed cost of an answer; cost_events.go and cost_sizes.go hold the sizes
//	mutations.go   the mutations, with their costs
//	queries.go     the queries, with their costs; filter.go converts the filter
//	encode.go      the answer of a bulk mutation, from the tables in events
//	output.go      the limit of an answer's real length
//	errors.go      errors as GraphQL has them
//	generated/     gqlgen's output, never edited
//	model/         Go types for GraphQL only
package graph
