// Package model holds the Go types that exist only because GraphQL says things its own way: scalars, the page of a
// connection, a recorded event with numbers as texts, and the input whose events are decoded by us. It stands apart from graph
// because the generated code imports it.
package model
