// Package importer brings reference data in by files: CSV with a header line, or NDJSON, one row a record of the CRM.
//
// A file may have any length: it is read a chunk of rows at a time, and the next chunk is read while the one before is being
// written. What is wrong with one row stays with that row; it is reported with its line and the import goes on. A row is the
// whole record as it shall be (what it leaves blank, the record has not), except that a record keeps its id if the row leaves
// it out. So a file may be imported again at any time, and after any failure that is what to do.
//
// What a record is and when two are the same is not decided here, but by the Target; nor is anything known of databases.
package importer
