// Package app is the program: its command line and configuration, the wiring of its packages, the HTTP server with its
// limits and logging, and the demo data.
package app
