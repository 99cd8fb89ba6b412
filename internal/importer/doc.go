// Package importer imports reference data from CSV files with a header line and from NDJSON files, one row
// per record of the CRM, and exports it as CSV.
//
// A file may have any length: Run reads the next chunk of rows while it writes the previous one. An error in
// a row concerns only that row; Run reports it with its line and continues. If the file does not have a
// column, or an object does not have a member, the stored value stays. An empty cell, or null, clears the
// value; an id stays in either case. A file can therefore be imported again at any time, which is also the
// remedy after any failure.
//
// A file describes a final state, and the order of its rows does not matter. Two rows must not describe the
// same record or contain the same unique value. A row with a value that another record still has is
// postponed until the rest of the file is read. Memory: about 40 bytes for each key, code and secret of the
// file, to find duplicates, and half a kilobyte for each postponed row, of which there may be a million.
//
// The package does not know databases. The Target decides which record a row describes.
package importer
