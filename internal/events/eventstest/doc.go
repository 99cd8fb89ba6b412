// Package eventstest tests implementations of events.ReferenceResolver and events.EventStore, and contains
// one in memory.
//
// Conform runs the obligations of the two interfaces as tests. An implementation that passes them can serve
// events.Service. The suite knows no database: besides the interfaces, it needs only World.Add.
//
// Memory is for tests that need a Service without a database. Their results hold for the stores as well,
// because these pass the same suite.
package eventstest
