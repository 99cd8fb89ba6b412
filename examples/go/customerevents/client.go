// Package customerevents is a client of the customer events server. It needs only the standard library: copy
// this folder into your program.
package customerevents

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"sync"
	"time"
)

// MaxEventsPerCall is the maximum number of events that the server accepts in one call.
const MaxEventsPerCall = 1000

// Client sends events to a server. Several goroutines can use it at the same time; they share one login.
type Client struct {
	Endpoint           string // such as https://events.example.com/graphql
	Username, Password string

	// RequestTimeout is the time limit of one request, from connecting to the last byte of the response. Keep
	// it longer than the time for which the server itself retries a transaction, 30 seconds.
	RequestTimeout time.Duration
	// RetryTimeout is the time limit of one call with its retries.
	RetryTimeout time.Duration
	// HTTP sends the requests. It must not follow redirects, because the server has none: a redirect leads to
	// another address, which must not receive the events.
	HTTP *http.Client

	mu    sync.Mutex
	token string // empty before the first login
}

// New returns a client of the server at a base address, such as https://events.example.com.
func New(server, username, password string) *Client {
	return &Client{
		Endpoint:       server + "/graphql",
		Username:       username,
		Password:       password,
		RequestTimeout: time.Minute,
		RetryTimeout:   5 * time.Minute,
		HTTP: &http.Client{
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

const loginQuery = `mutation ($input: LoginInput!) { login(input: $input) { token } }`

const createQuery = `mutation ($input: CreateWebCustomerEventsInput!) {
  createWebCustomerEvents(input: $input) {
    processedCustomerEventsSet { index requestUniqueIdentifier id number replayed }
    unprocessedCustomerEventsSet {
      index requestUniqueIdentifier retryable problems { path errorCode errorDescription }
    }
    summary { received processed replayed unprocessed }
  }
}`

// Create sends any number of events, one call after the other, and returns the outcome of each call as soon
// as it is known. It stops at the first call that fails.
//
// To repeat the batch after an error or a crash, call Create with the same key and the same events: events
// that are stored already are not stored again, and are returned with Replayed. Choose the key before the
// first attempt and store it with the batch. It has at most 230 printable ASCII characters.
func (c *Client) Create(ctx context.Context, key string, events []WebCustomerEvent,
) iter.Seq2[*Outcome, error] {
	return func(yield func(*Outcome, error) bool) {
		for first := 0; first < len(events); first += MaxEventsPerCall {
			part := events[first:min(first+MaxEventsPerCall, len(events))]
			if !c.createPart(ctx, key, first, part, yield) {
				return
			}
		}
	}
}

// createPart sends one call. If its body is too large for the server or for a proxy, it sends the halves.
func (c *Client) createPart(ctx context.Context, key string, first int, part []WebCustomerEvent,
	yield func(*Outcome, error) bool) bool {
	// The key of a call depends only on the batch and on the position of the events in it. So it is the same
	// when the call or the whole batch is sent again.
	input := map[string]any{
		"idempotencyKey":       fmt.Sprintf("%s-%d-%d", key, first, len(part)),
		"webCustomerEventsSet": part,
	}
	var data struct{ CreateWebCustomerEvents *Outcome }
	err := c.send(ctx, createQuery, map[string]any{"input": input}, &data)
	var failed *CallError
	if errors.As(err, &failed) && failed.Status == http.StatusRequestEntityTooLarge && len(part) > 1 {
		half := len(part) / 2
		return c.createPart(ctx, key, first, part[:half], yield) &&
			c.createPart(ctx, key, first+half, part[half:], yield)
	}
	if err == nil {
		err = data.CreateWebCustomerEvents.complete(first, len(part))
	}
	if err != nil {
		yield(nil, fmt.Errorf("events %d to %d: %w", first+1, first+len(part), err))
		return false
	}
	return yield(data.CreateWebCustomerEvents, nil)
}

// send sends a request until it succeeds, fails permanently, or RetryTimeout expires. Each retry sends the
// same body again: with the same idempotency key, the server stores nothing twice.
func (c *Client) send(ctx context.Context, query string, variables, data any) error {
	deadline := time.Now().Add(c.RetryTimeout)
	for wait := minWait; ; wait = min(2*wait, maxWait) {
		err := c.sendLoggedIn(ctx, query, variables, data)
		if err == nil || ctx.Err() != nil || !retryable(err) {
			return err
		}
		next := withJitter(max(wait, retryAfter(err)))
		if time.Now().Add(next).After(deadline) {
			return fmt.Errorf("%w (not sent again: the next attempt in %s would exceed the limit of %s)", err,
				next.Round(time.Millisecond), c.RetryTimeout)
		}
		select {
		case <-time.After(next):
		case <-ctx.Done():
			return fmt.Errorf("%w, after: %w", ctx.Err(), err)
		}
	}
}

// sendLoggedIn sends a request once. If the token has expired, it logs in and sends the request again.
func (c *Client) sendLoggedIn(ctx context.Context, query string, variables, data any) error {
	token, err := c.login(ctx, "")
	if err != nil {
		return err
	}
	err = c.post(ctx, token, query, variables, data)
	var failed *CallError
	if errors.As(err, &failed) && failed.has("UNAUTHENTICATED") {
		if token, err = c.login(ctx, token); err != nil {
			return err
		}
		err = c.post(ctx, token, query, variables, data)
	}
	return err
}

// login returns a token other than the expired one. It logs in only if no other goroutine has done so since
// the token expired.
func (c *Client) login(ctx context.Context, expired string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token != expired {
		return c.token, nil
	}
	var data struct{ Login struct{ Token string } }
	input := map[string]string{"username": c.Username, "password": c.Password}
	if err := c.post(ctx, "", loginQuery, map[string]any{"input": input}, &data); err != nil {
		return "", fmt.Errorf("login as %s: %w", c.Username, err)
	}
	if data.Login.Token == "" {
		return "", fmt.Errorf("login as %s: the response has no token", c.Username)
	}
	c.token = data.Login.Token
	return c.token, nil
}
