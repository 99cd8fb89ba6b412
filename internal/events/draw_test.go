package events_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"customer-events/internal/events"
)

// drawnEvent is an event of a random batch. It knows what it may share with others: request identifier and
// reference.
type drawnEvent struct {
	id, ref, text string
}

// shares reports whether the result of one event may depend on the other.
func (d drawnEvent) shares(other drawnEvent) bool {
	return d.id != "" && d.id == other.id || d.ref != "" && d.ref == other.ref
}

var (
	drawnCustomers = []eventJSON{
		minimalEvent(),
		minimalEvent(),
		minimalEvent().with("accountsReceivableIdentifier", `{"id":"A77"}`),
		minimalEvent().with("accountsReceivableIdentifier", `{"name":"Maria Stone"}`),
		minimalEvent().with("accountsReceivableIdentifier", `{"name":"Alex Twin"}`),
		minimalEvent().with("accountsReceivableIdentifier", `{"number":"unknown"}`),
		minimalEvent().with("accountsReceivableIdentifier", `{}`),
		minimalEvent().forParticipant(
			`{"number":"RP0000000019"}`,
		),
		minimalEvent().forParticipant(`{"id":"P20"}`),
		minimalEvent().forParticipant(`{"id":"unknown"}`),
		token(otp),
		token(otp),
		token(`{"oneTimePassword":"000004"}`),
		token(`{"oneTimePassword":"000005"}`),
		token(
			`{"oneTimePassword":"000006"}`,
		),
		token(`{"authenticationCode":"maria-code"}`),
		token(`{"authenticationCode":"ended"}`),
		token(
			`{"credentials":{"identifier":"maria@example.com","passCode":"4711"}}`,
		),
		token(`{"credentials":{"identifier":"maria@example.com","passCode":"1"}}`),
		minimalEvent().without("accountsReceivableIdentifier"),
		minimalEvent().with("rewardsParticipantIdentifier", `{"number":"RP0000000019"}`),
	}
	// drawnValues are set in some events. Most batches then contain an invalid event, and most events are
	// valid.
	drawnValues = map[string][]string{
		"classificationIdentifier": {
			`{"alternativeCode":"NL"}`,
			`{"name":"Product page"}`,
			`{"id":"C3"}`,
			`{"id":"nothing"}`,
			`{"id":"C1","name":"Newsletter"}`,
			`null`,
			`7`,
		},
		"performedByUnitIdentifier": {
			`{"id":"U2"}`,
			`{"name":"Web Shop"}`,
			`{"id":"nowhere"}`,
			`[]`,
			`null`,
		},
		"performedOn": {
			`"2016-06-22T15:00:00"`,
			`"2016-06-22T18:00:00+03:00"`,
			`"2099-01-01T00:00:00"`,
			`"2016-02-30T00:00:00"`,
			`""`,
			`7`,
		},
		"website": {
			`"https://www.crm.com/a"`,
			`"javascript:alert(1)"`,
			`null`,
			`{}`,
			"\"\xff\"",
			`"` + strings.Repeat("x", 3000) + `"`,
		},
		"description": {`"😀"`, `""`, `"a\u0000b"`, `"\ud800"`, `true`},
		"udfFloat2":   {`0`, `-0`, `1e308`, `1e999`, `"NaN"`},
		"udfDate3":    {`"9999-12-31T23:59:59.999999Z"`, `"tomorrow"`, `null`},
		"hue":         {`"red"`, `{"a":[null]}`},
	}
	notEvents = []string{`null`, `7`, `"event"`, `[]`, `{}`, `true`, `{"requestUniqueIdentifier":null}`}
)

func drawEvent(t *rapid.T) drawnEvent {
	if rapid.IntRange(0, 19).Draw(t, "no event") == 0 {
		return drawnEvent{text: rapid.SampledFrom(notEvents).Draw(t, "what instead")}
	}
	var d drawnEvent
	d.id = fmt.Sprint("r", rapid.IntRange(0, 30).Draw(t, "id"))
	event := rapid.SampledFrom(drawnCustomers).Draw(t, "customer").withIdentifier(d.id)
	if rapid.Bool().Draw(t, "has a reference") {
		d.ref = fmt.Sprint(rapid.IntRange(0, 9).Draw(t, "reference"))
		event = event.withReference("s", d.ref)
	}
	for range rapid.IntRange(0, 2).Draw(t, "changes") {
		field := rapid.SampledFrom(slices.Sorted(maps.Keys(drawnValues))).Draw(t, "field")
		event = event.with(field, rapid.SampledFrom(drawnValues[field]).Draw(t, "value"))
	}
	if d.text = event.String(); rapid.IntRange(0, 19).Draw(t, "a field twice") == 0 {
		d.text = `{"website":"www.crm.com",` + d.text[1:]
	}
	return d
}

func drawBatch(t *rapid.T) (list []drawnEvent, texts []string) {
	list = rapid.SliceOfN(rapid.Custom(drawEvent), 0, 15).Draw(t, "batch")
	for _, d := range list {
		texts = append(texts, d.text)
	}
	return list, texts
}

// createDrawn makes one call. outer is the test that rapid runs in, because helpers need a *testing.T.
func (s *testService) createDrawn(outer *testing.T, t *rapid.T, key string, texts []string) events.Outcome {
	t.Helper()
	out, err := s.CreateWebCustomerEvents(
		outer.Context(),
		events.Request{Caller: s.caller, IdempotencyKey: key, Events: decodeTexts(outer, texts...)},
	)
	if err != nil {
		t.Fatalf("CreateWebCustomerEvents: %v", err)
	}
	mustBeConsistent(t, out, len(texts))
	return out
}

func (s *testService) checkDrawn(
	outer *testing.T,
	t *rapid.T,
	key string,
	texts []string,
) events.DryRunResult {
	t.Helper()
	result, err := s.CheckWebCustomerEvents(
		outer.Context(),
		events.Request{Caller: s.caller, IdempotencyKey: key, Events: decodeTexts(outer, texts...)},
	)
	if err != nil {
		t.Fatalf("CheckWebCustomerEvents: %v", err)
	}
	return result
}
