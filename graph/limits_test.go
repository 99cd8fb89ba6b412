package graph_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"customer-events/graph"
	"customer-events/internal/events"
	"customer-events/models"
)

// TestCheck_TooManyEvents checks that the limit of a call applies to all events of a request together.
func TestCheck_TooManyEvents(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	const check = `checkWebCustomerEvents(input: $input) { acceptable }`
	const head = `query ($input: CreateWebCustomerEventsInput!) {`
	for _, c := range []struct {
		name, query string
		events      int
		want        string
	}{
		{"one call", head + check + `}`, 1000, ""},
		{"one call too large", head + check + `}`, 1001, "TOO_MANY_EVENTS"},
		{"two aliases", head + ` a: ` + check + ` b: ` + check + `}`, 500, ""},
		{"two aliases too large", head + ` a: ` + check + ` b: ` + check + `}`, 501, "TOO_MANY_EVENTS"},
		{"a fragment", head + ` ...f } fragment f on Query { a: ` + check + ` b: ` + check + `}`, 501,
			"TOO_MANY_EVENTS"},
		{"inline fragments", head + ` ... on Query { a: ` + check + ` } ... { b: ` + check + `} c: ` +
			check + `}`, 334, "TOO_MANY_EVENTS"},
		{"thirty aliases", head + aliases(30, check) + `}`, 34, "TOO_MANY_EVENTS"},
		{"the same field twice is one", head + check + ` ` + check + `}`, 1000, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := a.post(t, c.query, set(c.events), "Accept", newMedia)
			if r.code() != c.want {
				t.Errorf("%s: %d %.300s", c.name, r.status, r.text)
			}
			if c.want != "" && (r.status != 400 || r.Data != nil || !strings.Contains(r.text, "1000")) {
				t.Errorf("%s: %d %.300s", c.name, r.status, r.text)
			}
		})
	}
	r := a.post(t, `{ webCustomerEvents { nodes { id } } }`, "")
	if !strings.Contains(r.text, `"nodes":[]`) {
		t.Errorf("something was stored: %s", r.text)
	}
}

// TestCheck_AliasesWithOneVariable checks that each alias evaluates the events of a shared variable by
// itself.
func TestCheck_AliasesWithOneVariable(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	query := `query ($input: CreateWebCustomerEventsInput!, $event: WebCustomerEventInput!) {` +
		aliases(5, `checkWebCustomerEvents(input: $input) { acceptable unprocessedCustomerEventsSet { `+
			`index } }`) +
		` b: checkWebCustomerEvents(input: {webCustomerEventsSet: [$event]}) { acceptable } c: ` +
		`checkWebCustomerEvents(input: {webCustomerEventsSet: [$event]}) { acceptable } }`
	variables := set(100)
	r := a.post(t, query, variables[:len(variables)-1]+`,"event":`+good("x")+`}}`)
	for alias, data := range r.Data {
		if text := string(data); text != `{"acceptable":100,"unprocessedCustomerEventsSet":[]}` &&
			text != `{"acceptable":1}` {
			t.Errorf("%s: %.300s", alias, data)
		}
	}
	if len(r.Data) != 7 {
		t.Errorf("%s", r.text)
	}
}

// failingServices is a store or reference resolver that returns an error.
type failingServices struct {
	events.ReferenceResolver
	events.EventStore
	find, remembered, record error
}

func (a failingServices) Find(ctx context.Context, refs []models.Reference) ([]models.Match, error) {
	if a.find != nil {
		return nil, a.find
	}
	return a.ReferenceResolver.Find(ctx, refs)
}

func (a failingServices) IdempotencyRecord(ctx context.Context,
	call models.IdempotencyKey) (*models.IdempotencyRecord, error) {
	if a.remembered != nil {
		return nil, a.remembered
	}
	return a.EventStore.IdempotencyRecord(ctx, call)
}

func (a failingServices) Record(ctx context.Context, entry models.WriteSet) error {
	if a.record != nil {
		return a.record
	}
	return a.EventStore.Record(ctx, entry)
}

func (a failingServices) Pass(ctx context.Context, call *models.PassMember) error {
	switch {
	case a.find != nil:
		return a.find
	case a.record != nil:
		return failWriting(ctx, a.EventStore, call, a.record)
	}
	return a.EventStore.Pass(ctx, call)
}

func TestTransport_StatusOfFailedCall(t *testing.T) {
	t.Parallel()
	const key = "Idempotency-Key"
	for _, c := range []struct {
		name         string
		services     failingServices
		token        string
		code         string
		status       int // under the newer media type
		plain, after bool
	}{
		{name: "no failure", status: 200, plain: true},
		{name: "no token", token: "wrong", code: "UNAUTHENTICATED", status: 401, plain: true},
		{name: "unavailable", services: failingServices{find: models.ErrUnavailable}, code: "UNAVAILABLE",
			status: 503, plain: true, after: true},
		{name: "rerun", services: failingServices{record: models.ErrAborted}, code: "UNAVAILABLE",
			status: 503, plain: true, after: true},
		{name: "unknown", services: failingServices{record: models.ErrCommitUnknown},
			code: "OUTCOME_UNKNOWN", status: 503, plain: true, after: true},
		{name: "in use", services: failingServices{record: models.ErrInProgress},
			code: "IDEMPOTENCY_KEY_IN_USE", status: 409, after: true},
		{name: "reused", services: failingServices{remembered: events.ErrKeyReused},
			code: "IDEMPOTENCY_KEY_REUSED", status: 422},
		{name: "an internal error", services: failingServices{find: errors.New("CANARY: SELECT secret")},
			code: "INTERNAL_SERVER_ERROR", status: 500},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t, func(r *graph.Resolver) {
				c.services.ReferenceResolver, c.services.EventStore = r.Service.References, r.Service.Store
				r.Service.References, r.Service.Store = c.services, c.services
				r.Service.RetryTimeout = 30 * time.Millisecond
			})
			if c.token != "" {
				a.token = c.token
			}
			for media, status := range map[string]int{
				newMedia:           c.status,
				"application/json": map[bool]int{true: c.status, false: 200}[c.plain],
			} {
				t.Run(media, func(t *testing.T) {
					r := a.post(t, createQuery, set(2), "Accept", media, key, "k")
					if r.code() != c.code || r.status != status ||
						c.after != (r.header.Get("Retry-After") != "") ||
						strings.Contains(r.text, "CANARY") {
						t.Errorf("%s: %d %v %s", media, r.status, r.header, r.text)
					}
					if c.code != "" && string(r.Data["createWebCustomerEvents"]) != "null" {
						t.Errorf("%s: %s", media, r.text)
					}
					// The Web API has the same status, and the same text but for its name of the token.
					text := ""
					if c.code != "" {
						text, _, _ = strings.Cut(r.Errors[0].Message, ", or in the input's token")
						text, _, _ = strings.Cut(text, "send it as ")
					}
					call := `{"web_customer_events_set":[` + wire(good("1")) + `}]}`
					status, header, answer := a.byWebAPI(t, "customer_events/bulk/web/create", "another",
						call)
					if status != c.status || c.after != (header.Get("Retry-After") != "") ||
						!strings.Contains(answer, text) || strings.Contains(answer, "CANARY") {
						t.Errorf("the Web API: %d %v %s", status, header, answer)
					}
					if c.code == "INTERNAL_SERVER_ERROR" &&
						(!strings.Contains(r.text, "request-1") ||
							!strings.Contains(a.log.String(), "CANARY")) {
						t.Errorf("the answer names the request, and the log says why: %s\n%s", r.text, a.log)
					}
				})
			}
		})
	}
	// An alias that fails does not affect the result of another.
	a := newAPI(t, nil)
	r := a.post(t, `query ($a: CreateWebCustomerEventsInput!, $b: CreateWebCustomerEventsInput!) {
		a: checkWebCustomerEvents(input: $a) { acceptable }
		b: checkWebCustomerEvents(input: $b) { acceptable } }`,
		`{"a":{"webCustomerEventsSet":[`+good("1")+`}]},"b":{"token":"wrong","webCustomerEventsSet":[`+
			good("1")+`}]}}`, "Accept", newMedia)
	if r.status != 200 || string(r.Data["a"]) != `{"acceptable":1}` || string(r.Data["b"]) != "null" ||
		len(r.Errors) != 1 {
		t.Errorf("%d %s", r.status, r.text)
	}
}

// TestDocument_ErrorsDoNotRepeatLiterals checks that no error repeats a literal: it may be a misplaced
// secret.
func TestDocument_ErrorsDoNotRepeatLiterals(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	const template = `mutation { createWebCustomerEvents(input: {webCustomerEventsSet: [{
		requestUniqueIdentifier: "1", performedByUnitIdentifier: {id: "1"},
		performedOn: "2020-01-01T00:00:00Z", website: "www.crm.com",
		rewardsParticipantIdentifier: {accessTokenIdentifier: VALUE}}]}) {
		summary { received } } }`
	for _, value := range []string{
		`"CANARY"`,
		`CANARY`,
		`["CANARY"]`,
		`{authenticationCode: CANARY}`,
		`{authenticationCode: ["CANARY"]}`,
		`{authenticationCode: {a: "CANARY"}}`,
		`{oneTimePassword: ["CANARY"]}`,
		`{oneTimePassword: {a: "CANARY"}}`,
		`{credentials: "CANARY"}`,
		`{credentials: {identifier: "a", passCode: CANARY}}`,
		`{credentials: {identifier: "a", passCode: ["CANARY"]}}`,
		`{authenticationCode: "CANARY", credentials: {identifier: "a", passCode: "CANARY"}}`,
		`{authenticationCode: "CANARY", authenticationCode: "CANARY"}`,
		`{authenticationCode: "CANARY`,
		`{authenticationCode: "CANARY"`,
		`{authenticationCode: 'CANARY'}`,
		`{authenticationCode "CANARY"}`,
		`{authenticationCode: """CANARY`,
		`{: "CANARY"}`,
		`{authenticationCode: "\u00zzCANARY"}`,
		`"""CANARY"""`,
		`{authenticationCode: 0CANARY}`,
		`{authenticationCode: ~CANARY}`,
	} {
		t.Run(value, func(t *testing.T) {
			r := a.post(t, strings.ReplaceAll(template, "VALUE", value), "")
			if len(r.Errors) == 0 && !json.Valid([]byte(r.text)) || r.code() == "INTERNAL_SERVER_ERROR" ||
				strings.Contains(r.text, "CANARY") {
				t.Errorf("%s: %s", value, r.text)
			}
		})
	}
	for _, query := range []string{
		`mutation ($p: String! = ["CANARY"]) { login(input: {username: "a", password: $p}) { token } }`,
		`mutation ($p: Int = "CANARY") { logout }`,
		`mutation { login(input: {username: "a", password: "x"}) { token } } "CANARY"`,
		`mutation { login(input: "CANARY") { token } }`,
		`mutation { login(input: {username: "a", password: 1e9999}) { token } }`,
		`mutation @skip(if: "CANARY") { logout }`,
		`mutation { logout @skip(if: "CANARY") }`,
	} {
		t.Run(query, func(t *testing.T) {
			if r := a.post(t, query, ""); len(r.Errors) == 0 || r.code() == "INTERNAL_SERVER_ERROR" ||
				strings.Contains(r.text, "CANARY") {
				t.Errorf("%s: %s", query, r.text)
			}
		})
	}
	if strings.Contains(a.log.String(), "CANARY") {
		t.Error(a.log)
	}
}
