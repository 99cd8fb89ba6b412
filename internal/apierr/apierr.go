package apierr

import (
	"fmt"
	"net/http"
	"strconv"
)

// Error is an error of a whole call whose message the caller may read.
type Error struct {
	Kind    Kind
	Message string
	// RetryAfter is the number of seconds until a retry can succeed; 0 if waiting does not help.
	RetryAfter int
	// TokenSent says of a call without a valid token that it had one. The header WWW-Authenticate tells
	// clients to get another.
	TokenSent bool
}

// New returns an error of the given kind, with the kind's RetryAfter.
func New(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...), RetryAfter: catalogue[kind].RetryAfter}
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// Code returns GraphQL's extensions.code of the error.
func (e *Error) Code() string { return e.Kind.Code() }

// Status returns the HTTP status of the error.
func (e *Error) Status() int { return e.Kind.Status() }

// SetHeaders sets the header Retry-After if a retry can succeed. It sets WWW-Authenticate for the status
// 401, which RFC 9110, section 15.5.2, requires: Java's HttpClient throws an exception without it.
func (e *Error) SetHeaders(header http.Header) {
	if e.RetryAfter > 0 {
		header.Set("Retry-After", strconv.Itoa(e.RetryAfter))
	}
	switch {
	case e.Status() != http.StatusUnauthorized:
	case e.TokenSent:
		header.Set("WWW-Authenticate", `Bearer error="invalid_token"`)
	default:
		header.Set("WWW-Authenticate", "Bearer")
	}
}
