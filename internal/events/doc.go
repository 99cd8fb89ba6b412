// Package events processes a batch of customer events: it decodes, checks and records them.
//
// A Decoder turns the caller's JSON into events and their problems (decode*.go). A Service then takes the
// batch through these phases (batch.go):
//
//	check         request identifiers that several events use, dates in the future  batch.go
//	find replays  the events of an earlier call with the same idempotency key       idempotency.go
//	              the events recorded with the same external references             replay.go
//	resolve       what the references of the batch match: one query per kind        resolve.go
//	              which events repeat a recorded event                              replay_match.go
//	credentials   which access tokens match; failed attempts count for the lockout  credentials.go, lockout*
//	compare       equal events under one external reference are replays             replay_compare.go
//	write         the valid new events, in one transaction, with prepared ids       write.go
//	outcome       each event in exactly one of two lists, in the caller's order     outcome.go
//
// A small call runs the same phases, but shares their look-ups and the write with others (pass.go).
//
// Only write changes events in the store. If it fails in a way that another attempt can mend, the batch
// starts over at check (retry.go). A dry run is the same without write.
//
// An event with a problem passes through all phases except write, so that the caller learns everything that
// is wrong with it at once. No phase changes the caller's input: the row to write belongs to the batch's
// item.
//
// The package states its needs as two interfaces, ReferenceResolver and EventStore. It knows neither GraphQL
// nor any database. Service.Now is its only clock, except for the time limits of retries.
package events
