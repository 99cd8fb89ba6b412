// Package models is the CRM's domain: its records, references to them, the error codes, the storage errors
// and the rules about one noun (when an access token is valid, what a website is, how a date is written).
//
// The package does no I/O, reads no clock and imports only the standard library. The gorm tags are text.
// Types of the wire format and functions that need a database connection belong elsewhere.
package models
