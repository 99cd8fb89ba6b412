// Package model holds the Go types that only GraphQL needs: scalars, the page of a connection, a recorded
// event with its numbers as strings, and the input whose events have their own decoder. It is a package of
// its own because the generated code imports it.
package model
