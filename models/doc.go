// Package models holds what the CRM knows: its records, the ways to point at them, the words for refusing a value, and
// the rules about one noun at a time (when an access token opens, what a website is, how a date is written).
//
// It does no I/O, knows no clock and imports nothing but the standard library. The gorm tags are text; a struct that
// exists only on the wire, or a function that takes a connection, does not belong here.
package models
