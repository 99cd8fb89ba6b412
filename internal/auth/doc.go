// Package auth authenticates API users: it logs them in with a password, and identifies them by the tokens
// that it issues. It knows no protocol, and stores users and sessions through the interface Sessions.
package auth
