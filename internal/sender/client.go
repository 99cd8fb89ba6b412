package sender

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	loginQuery  = `mutation login($input: LoginInput!) { login(input: $input) { token } }`
	logoutQuery = `mutation logout { logout }`
)

// query is the GraphQL operation for the events of a file.
type query struct {
	full  string
	short string // for a call whose response is too long: only the first problem of each event
	doing string // for messages
}

var (
	createQuery = newQuery("sending", `mutation send`, `createWebCustomerEvents`,
		`processedCustomerEventsSet { index requestUniqueIdentifier } `+
			`summary { received processed replayed unprocessed }`)
	checkQuery = newQuery("checking", `query check`, `checkWebCustomerEvents`, `acceptable replays`)
)

func newQuery(doing, operation, field, counts string) query {
	begin := operation + `($input: CreateWebCustomerEventsInput!) { ` + field + `(input: $input) { ` + counts +
		` unprocessedCustomerEventsSet { index requestUniqueIdentifier errorCode errorDescription retryable`
	const end = ` } } }`
	return query{
		full:  begin + ` problems { path errorCode errorDescription }` + end,
		short: begin + end,
		doing: doing,
	}
}

// requestTimeout is the maximum duration of one request. It is longer than the retries of the server itself.
const requestTimeout = 2 * time.Minute

const (
	// responseBaseBytes and responseBytesPerEvent bound the size of a response after decompression, and so
	// the memory. An event needs up to 3 kB, and 200 bytes for each problem.
	responseBaseBytes     = 64 << 10
	responseBytesPerEvent = 16 << 10
)

// errResponseTooLong reports a response that is longer than any valid one.
var errResponseTooLong = errors.New("the answer is too long")

// client is an HTTP client with a login.
type client struct {
	server, username, password string
	http                       *http.Client

	reached atomic.Bool // the server has responded

	mu    sync.Mutex
	token string
}

func newClient(o Options) *client {
	transport := o.transport
	if transport == nil {
		network := http.DefaultTransport.(*http.Transport).Clone()
		network.MaxIdleConnsPerHost = maxInFlight
		if o.Authorities != nil {
			network.TLSClientConfig = &tls.Config{RootCAs: o.Authorities, MinVersion: tls.VersionTLS12}
		}
		transport = network
	}
	return &client{server: o.Server, username: o.Username, password: o.Password, http: &http.Client{
		Transport: transport,
		// The password and the token must not be sent to another address.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func (c *client) login(ctx context.Context) error { return c.loginAfter(ctx, "") }

// loginAfter logs in to replace an expired token, unless another call has already replaced it.
func (c *client) loginAfter(ctx context.Context, expired string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token != expired {
		return nil
	}
	body, err := json.Marshal(map[string]any{"query": loginQuery, "variables": map[string]any{
		"input": map[string]string{"username": c.username, "password": c.password}}})
	if err != nil {
		return err
	}
	var data struct{ Login struct{ Token string } }
	if err := c.post(ctx, "", "", body, 0, &data); err != nil {
		return withLoginHint(err)
	}
	if data.Login.Token == "" {
		const message = "the login returns no token: is it a server of customer events?"
		return &requestError{status: http.StatusOK, message: message}
	}
	c.token = data.Login.Token
	return nil
}

// logout invalidates the token, which would also expire by itself. It ignores errors.
func (c *client) logout(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var data struct{ Logout bool }
	_ = c.post(ctx, c.current(), "", []byte(`{"query":"`+logoutQuery+`"}`), 0, &data)
	c.http.CloseIdleConnections()
}

func (c *client) current() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.token
}

// create sends a call. If the token has expired, it logs in and sends the call again.
func (c *client) create(ctx context.Context, key string, body []byte, events int) (*outcome, error) {
	var data struct {
		CreateWebCustomerEvents *outcome
		CheckWebCustomerEvents  *checkOutcome
	}
	token := c.current()
	err := c.post(ctx, token, key, body, events, &data)
	var failed *requestError
	if errors.As(err, &failed) && failed.status == http.StatusUnauthorized {
		if err := c.loginAfter(ctx, token); err != nil {
			return nil, err
		}
		err = c.post(ctx, c.current(), key, body, events, &data)
	}
	if err == nil && data.CheckWebCustomerEvents != nil {
		return data.CheckWebCustomerEvents.outcome(), nil
	}
	if err == nil && data.CreateWebCustomerEvents == nil {
		const message = "the response has no result for the events: is it a server of customer events?"
		err = &requestError{status: http.StatusOK, message: message}
	}
	return data.CreateWebCustomerEvents, err
}

// post sends one request with so many events, and unmarshals the data of its response.
func (c *client) post(ctx context.Context, token, key string, body []byte, events int, data any) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.server, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/graphql-response+json") // its status depends on the result
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return c.connectionError(err)
	}
	c.reached.Store(true)
	defer response.Body.Close()
	maxBytes := responseBaseBytes + events*responseBytesPerEvent
	text, err := io.ReadAll(io.LimitReader(response.Body, int64(maxBytes)+1))
	if err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	if len(text) > maxBytes {
		return fmt.Errorf("%w: it has more than %d bytes for %d events: "+
			"is %s the address of a server of customer events?", errResponseTooLong, maxBytes, events,
			c.server)
	}
	var answer struct {
		Data   json.RawMessage
		Errors []struct {
			Message    string
			Extensions struct{ Code string }
		}
	}
	failed := &requestError{
		status:     response.StatusCode,
		retryAfter: parseRetryAfter(response.Header.Get("Retry-After")),
	}
	switch err := json.Unmarshal(text, &answer); {
	case err == nil && len(answer.Errors) > 0:
		failed.code = printable(answer.Errors[0].Extensions.Code)
		failed.message = printable(answer.Errors[0].Message)
		return failed
	case retryable(failed): // the response of a proxy whose server is busy or not reachable
		failed.message = http.StatusText(failed.status)
		return failed
	case response.StatusCode != http.StatusOK || err != nil:
		failed.message = c.notGraphQL(response, text)
		return failed
	}
	if err := json.Unmarshal(answer.Data, data); err != nil {
		failed.message = "the answer does not have the form of the schema: is " + c.server +
			" the address of a server of customer events?"
		return failed
	}
	return nil
}
