// Package tabular reads files of rows, CSV with a header line or NDJSON, and shows how far one has come. What a row means it does
// not know. Memory is bounded whatever the file holds; what is wrong with one row stays with that row.
package tabular
