package customerevents

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// minWait and maxWait bound the wait between two attempts. It doubles from one attempt to the next.
const minWait, maxWait = 250 * time.Millisecond, 30 * time.Second

// maxResponseBytes is more than the server ever sends, 32 MiB.
const maxResponseBytes = 40 << 20

// CallError reports a request that failed as a whole.
type CallError struct {
	Status     int            // the HTTP status
	Errors     []GraphQLError // all errors of the response, none if it is not GraphQL
	Body       string         // the beginning of a response that is not GraphQL
	RetryAfter time.Duration  // how long to wait before the next attempt, zero if the server does not say
}

// GraphQLError is one error of a response. docs/errors.md lists the codes.
type GraphQLError struct {
	Message    string
	Extensions struct {
		Code       string
		RetryAfter float64 // in seconds
	}
}

// Error returns the messages of all errors.
func (e *CallError) Error() string {
	if len(e.Errors) == 0 {
		return fmt.Sprintf("HTTP status %d, and the response is not GraphQL: %q", e.Status, e.Body)
	}
	var texts []string
	for _, one := range e.Errors {
		texts = append(texts, one.Extensions.Code+": "+one.Message)
	}
	return strings.Join(texts, "\n")
}

func (e *CallError) has(codes ...string) bool {
	for _, one := range e.Errors {
		for _, code := range codes {
			if one.Extensions.Code == code {
				return true
			}
		}
	}
	return false
}

// retryable reports whether the same request can succeed later. The status decides if there is no code, as
// in the response of a proxy that does not reach the server.
func retryable(err error) bool {
	var failed *CallError
	if errors.As(err, &failed) {
		if len(failed.Errors) > 0 {
			return failed.has("UNAVAILABLE", "OUTCOME_UNKNOWN", "RATE_LIMITED", "IDEMPOTENCY_KEY_IN_USE",
				"INTERNAL_SERVER_ERROR")
		}
		return failed.Status >= 500 || failed.Status == http.StatusTooManyRequests ||
			failed.Status == http.StatusRequestTimeout
	}
	// A network error or a time-out: the server may have stored the events or not.
	var network *networkError
	var certificate *tls.CertificateVerificationError
	return errors.As(err, &network) && !errors.As(err, &certificate) && !errors.Is(err, http.ErrSchemeMismatch)
}

// networkError reports that there is no response, or only a part of it.
type networkError struct{ error }

func (e *networkError) Unwrap() error { return e.error }

func retryAfter(err error) time.Duration {
	var failed *CallError
	if errors.As(err, &failed) {
		return failed.RetryAfter
	}
	return 0
}

// withJitter adds up to half of the wait, so that clients that failed at the same time do not all send again
// at the same time.
func withJitter(wait time.Duration) time.Duration { return wait + rand.N(wait/2+1) }

// post sends one request and decodes the data of its response.
func (c *Client) post(ctx context.Context, token, query string, variables, data any) error {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, c.RequestTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Endpoint, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/graphql-response+json, application/json;q=0.9")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := c.HTTP.Do(request)
	if err != nil {
		return &networkError{err}
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxResponseBytes))
	if err != nil {
		return &networkError{fmt.Errorf("reading the response of %s: %w", c.Endpoint, err)}
	}

	var answer struct {
		Data   json.RawMessage
		Errors []GraphQLError
	}
	notGraphQL := json.Unmarshal(text, &answer) != nil || answer.Data == nil && answer.Errors == nil
	if notGraphQL || len(answer.Errors) > 0 {
		failed := &CallError{Status: response.StatusCode, Errors: answer.Errors}
		if notGraphQL {
			failed.Errors, failed.Body = nil, string(text[:min(len(text), 200)])
		}
		failed.RetryAfter = parseRetryAfter(response.Header.Get("Retry-After"))
		for _, one := range failed.Errors { // a gateway passes on the errors, but not the header
			seconds := time.Duration(one.Extensions.RetryAfter * float64(time.Second))
			failed.RetryAfter = max(failed.RetryAfter, seconds)
		}
		return failed
	}
	if err := json.Unmarshal(answer.Data, data); err != nil {
		return fmt.Errorf("the response of %s does not have the form of the schema: %w", c.Endpoint, err)
	}
	return nil
}

// parseRetryAfter parses the header Retry-After: a number of seconds, or a date.
func parseRetryAfter(header string) time.Duration {
	if seconds, err := strconv.ParseUint(header, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}
