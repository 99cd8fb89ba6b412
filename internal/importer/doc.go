// Package importer reads reference data from files, CSV with a header line or NDJSON, one row for a record
// of the CRM, and writes it as CSV.
//
// A file may have any length: it is read a chunk of rows at a time, and the next chunk is read while the
// one before is written. An error in a row concerns that row only; it is reported with its line and the
// import goes on. A column that the file does not have, or a member that an object does not have, keeps the
// stored value; an empty cell, or null, clears it; an id stays in either case. So a file may be imported
// again at any time, and after any failure that is what to do.
//
// The file describes a final state, and the order of its rows does not matter: no two rows may be about one
// record or give one unique value, and a row whose value another record still has waits until the rest of
// the file is read. Memory: about 40 bytes for each key, code and secret of the file, so that a repeated
// one is found, and half a kilobyte for each row that waits, of which there may be a million.
//
// What a record is and when two are the same is not decided here, but by the Target; nor is anything known
// of databases.
package importer
