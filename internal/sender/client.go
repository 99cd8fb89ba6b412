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
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
)

const (
	createQuery = createBegin + ` problems { path errorCode errorDescription }` + createEnd
	// shortQuery is for a call whose answer is too long: of events that are all wrong in a hundred ways the first is enough.
	shortQuery  = createBegin + createEnd
	createBegin = `mutation send($input: CreateWebCustomerEventsInput!) { createWebCustomerEvents(input: $input) {` +
		` processedCustomerEventsSet { index requestUniqueIdentifier }` +
		` unprocessedCustomerEventsSet { index requestUniqueIdentifier errorCode errorDescription retryable`
	createEnd   = ` } summary { received processed replayed unprocessed } } }`
	loginQuery  = `mutation login($input: LoginInput!) { login(input: $input) { token } }`
	logoutQuery = `mutation logout { logout }`
)

// attempt is how long one request may take: longer than the server tries on its own.
const attempt = 2 * time.Minute

const (
	// answerBase and answerPerEvent bound what is read of an answer, after decompression, and so the memory: an event needs
	// up to 3 kB, and 200 bytes for each problem.
	answerBase     = 64 << 10
	answerPerEvent = 16 << 10
)

// errTooLong says that an answer has more bytes than any true one.
var errTooLong = errors.New("the answer is too long")

// client is a login at a server.
type client struct {
	server, username, password string
	http                       *http.Client

	mu    sync.Mutex
	token string
}

func newClient(o Options) *client {
	transport := o.transport
	if transport == nil {
		network := http.DefaultTransport.(*http.Transport).Clone()
		network.MaxIdleConnsPerHost = maxInFlight
		transport = network
	}
	return &client{server: o.Server, username: o.Username, password: o.Password, http: &http.Client{
		Transport: transport,
		// A password or a token goes to the address that was named, and to no other.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// requestError is an answer that is no success.
type requestError struct {
	status     int
	code, what string
	retryAfter time.Duration
}

func (e *requestError) Error() string {
	if e.code == "" {
		return fmt.Sprintf("the server answers with status %d: %s", e.status, e.what)
	}
	return fmt.Sprintf("the server answers %s: %s", e.code, e.what)
}

// again reports whether the same may succeed later: if no answer came, or one that says so. An unknown fault of the server may
// have been a moment's, too. A certificate that is not trusted, and http where https is spoken or the other way round, stay so.
func again(err error) bool {
	var refused *requestError
	if !errors.As(err, &refused) {
		var certificate *tls.CertificateVerificationError
		var record tls.RecordHeaderError
		return !errors.Is(err, errTooLong) && !errors.As(err, &certificate) && !errors.As(err, &record) && !errors.Is(err, http.ErrSchemeMismatch)
	}
	switch refused.status {
	case http.StatusRequestTimeout, http.StatusConflict, http.StatusTooManyRequests:
		return true
	}
	return refused.status >= http.StatusInternalServerError
}

func retryAfter(err error) time.Duration {
	var refused *requestError
	if errors.As(err, &refused) {
		return refused.retryAfter
	}
	return 0
}

func (c *client) login(ctx context.Context) error { return c.loginAfter(ctx, "") }

// loginAfter logs in, unless somebody else has since the token was found to have ended.
func (c *client) loginAfter(ctx context.Context, ended string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token != ended {
		return nil
	}
	body, err := json.Marshal(map[string]any{"query": loginQuery, "variables": map[string]any{
		"input": map[string]string{"username": c.username, "password": c.password}}})
	if err != nil {
		return err
	}
	var data struct{ Login struct{ Token string } }
	if err := c.post(ctx, "", "", body, 0, &data); err != nil {
		return err
	}
	if data.Login.Token == "" {
		return &requestError{status: http.StatusOK, what: "the login gives no token: is it a server of customer events?"}
	}
	c.token = data.Login.Token
	return nil
}

// logout ends the token. It would end by itself.
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

// create sends a call. A token that has ended on the way is replaced.
func (c *client) create(ctx context.Context, key string, body []byte, events int) (*outcome, error) {
	var data struct{ CreateWebCustomerEvents *outcome }
	token := c.current()
	err := c.post(ctx, token, key, body, events, &data)
	var refused *requestError
	if errors.As(err, &refused) && refused.status == http.StatusUnauthorized {
		if err := c.loginAfter(ctx, token); err != nil {
			return nil, err
		}
		err = c.post(ctx, c.current(), key, body, events, &data)
	}
	if err == nil && data.CreateWebCustomerEvents == nil {
		err = &requestError{status: http.StatusOK, what: "nothing is said of the events: is it a server of customer events?"}
	}
	return data.CreateWebCustomerEvents, err
}

// post sends one request about so many events and reads its data.
func (c *client) post(ctx context.Context, token, key string, body []byte, events int, data any) error {
	ctx, cancel := context.WithTimeout(ctx, attempt)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.server, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/graphql-response+json") // whose status tells what became of the call
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	longest := answerBase + events*answerPerEvent
	text, err := io.ReadAll(io.LimitReader(response.Body, int64(longest)+1))
	if err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	if len(text) > longest {
		return fmt.Errorf("%w: it has more than %d bytes for %d events: is %s the address of a server of customer events?", errTooLong, longest, events, c.server)
	}
	var answer struct {
		Data   json.RawMessage
		Errors []struct {
			Message    string
			Extensions struct{ Code string }
		}
	}
	refused := &requestError{status: response.StatusCode, retryAfter: seconds(response.Header.Get("Retry-After"))}
	switch err := json.Unmarshal(text, &answer); {
	case err == nil && len(answer.Errors) > 0:
		refused.code, refused.what = printable(answer.Errors[0].Extensions.Code), printable(answer.Errors[0].Message)
		return refused
	case again(refused): // something between here and the server, which is busy or away
		refused.what = http.StatusText(refused.status)
		return refused
	case response.StatusCode != http.StatusOK || err != nil:
		refused.what = "that is not GraphQL: is " + c.server + " the address of a server of customer events, such as http://127.0.0.1:8080/graphql?"
		return refused
	}
	if err := json.Unmarshal(answer.Data, data); err != nil {
		refused.what = "the answer has another form than the schema says: is it a server of customer events?"
		return refused
	}
	return nil
}

// seconds reads the header Retry-After, which may be a date as well. More than an hour is not believed.
func seconds(header string) time.Duration {
	wait := time.Duration(0)
	if n, err := strconv.Atoi(header); err == nil && n > 0 {
		wait = time.Duration(min(n, 3600)) * time.Second
	} else if at, err := http.ParseTime(header); err == nil {
		wait = max(0, time.Until(at))
	}
	return min(wait, time.Hour)
}

// printable keeps what a terminal would act upon off it.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, text[:min(len(text), 1000)])
}
