// Package events is what happens to a batch of customer events: it is taken apart, judged and recorded.
//
// The life of a batch, one slice all the way:
//
//	decode   each event out of the caller's JSON, on its own; what is wrong with one stays with that one   decode.go
//	check    what only the whole call can tell: repeated request identifiers                               batch.go
//	settle   which events are recorded already, under the call's key or their external reference           settle.go
//	resolve  the distinct references of the batch, one query per kind and attribute                        resolve.go
//	admit    which credentials may be answered by what they are; wrong ones are counted                    guesses.go
//	record   the events still whole, in one transaction, with ids made beforehand                          record.go
//	answer   every event in exactly one of two lists, in the caller's order                                outcome.go
//
// An event with a fault is passed over by record, and by nothing else: the caller is told all that is wrong with it.
//
// The package says what it needs of the world as two interfaces, Directory and Ledger. It knows neither GraphQL nor any
// database, and nobody in it reads the clock but Service.Now.
package events
