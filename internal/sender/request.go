package sender

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// requestError reports a response that is not a success.
type requestError struct {
	status        int
	code, message string
	retryAfter    time.Duration
}

func (e *requestError) Error() string {
	if e.code == "" {
		return fmt.Sprintf("the server answers with status %d: %s", e.status, e.message)
	}
	return fmt.Sprintf("the server answers %s: %s", e.code, e.message)
}

// retryable reports whether the same request may succeed later: if there was no response, or if its status
// says so. An internal error of the server may be temporary, too.
func retryable(err error) bool {
	var permanent *permanentError
	if errors.As(err, &permanent) || errors.Is(err, errResponseTooLong) {
		return false
	}
	var failed *requestError
	if !errors.As(err, &failed) {
		return true
	}
	switch failed.status {
	case http.StatusRequestTimeout, http.StatusConflict, http.StatusTooManyRequests:
		return true
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported: // of a server that has no POST
		return false
	}
	return failed.status >= http.StatusInternalServerError
}

func retryAfter(err error) time.Duration {
	var failed *requestError
	if errors.As(err, &failed) {
		return failed.retryAfter
	}
	return 0
}

// parseRetryAfter parses the header Retry-After, a number of seconds or a date. It returns at most an hour.
func parseRetryAfter(header string) time.Duration {
	wait := time.Duration(0)
	if n, err := strconv.Atoi(header); err == nil && n > 0 {
		wait = time.Duration(min(n, 3600)) * time.Second
	} else if at, err := http.ParseTime(header); err == nil {
		wait = max(0, time.Until(at))
	}
	return min(wait, time.Hour)
}

// printable removes the control characters of a text, which a terminal would execute, and shortens it.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, text[:min(len(text), 1000)])
}
