// Package tabular reads the rows of CSV files with a header line and of NDJSON files, and shows a progress
// bar. It does not interpret the rows. Its memory is bounded for any file, and an error in one row does not
// affect other rows.
package tabular
