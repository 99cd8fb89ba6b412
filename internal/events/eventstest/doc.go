// Package eventstest judges implementations of events.Directory and events.Ledger, and has one that lives in memory.
//
// Conform is the obligations of the two interfaces as tests: whatever passes it may stand behind events.Service. It knows
// nothing of databases; World.Add is all that an implementation gives it besides the interfaces.
//
// Memory is for the tests of whoever needs a Service without a database. What passes with it is true of the stores as well,
// since they pass the same suite.
package eventstest
