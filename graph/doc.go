// Package graph says in GraphQL what the program does, and decides nothing: it takes a request apart, hands it to events, auth
// and the reader, and words the answer.
//
//	transport.go  HTTP: media types, limits, the envelope, statuses
//	document.go   the query text: parsed, validated, bounded
//	variables.go  the variables: events set aside for their own decoder, the rest by GraphQL's rules
//	calls.go      what the one-line resolvers call
//	errors.go     errors as GraphQL has them
//	generated/    gqlgen's output, never opened, never edited
//	views/        types that only GraphQL needs
package graph
