package graph_test

import (
	"strings"
	"testing"
)

// A date may have any number of decimals: Java and Go write nine, .NET writes seven. They are truncated to
// microseconds before anything is compared.
func TestDateTime_Decimals(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	const selection = ` { processedCustomerEventsSet { replayed event { performedOn udfDate1 } }
		unprocessedCustomerEventsSet { errorDescription problems { path errorCode } } }`
	event := func(performedOn string) string {
		return strings.Replace(good("r"), `"2026-01-01T00:00:00Z"`, performedOn+`,"udfDate1":`+performedOn, 1) +
			`,"externalSystem":"S","externalSystemReferenceNumber":"1"}`
	}
	literalEvent := func(performedOn string) string {
		more := `, udfDate1: ` + performedOn + `, externalSystem: "S", externalSystemReferenceNumber: "1"`
		return strings.Replace(literal(more), `"2026-01-01T00:00:00Z"`, performedOn, 1)
	}
	replayed := "false"
	for _, text := range []string{
		`"2026-01-01T00:00:00.123456Z"`,
		`"2026-01-01T00:00:00.1234567Z"`,           // .NET
		`"2026-01-01T00:00:00.1234567"`,            // .NET, without a zone
		`"2026-01-01T00:00:00.123456789Z"`,         // Java and Go
		`"2026-01-01T00:00:00.123456999+00:00"`,    // not rounded
		`"2026-01-01T03:00:00.123456789123+03:00"`, // twelve
		`"2025-12-31T19:30:00.12345600000-04:30"`,  // zeros
		`"2026-01-01T00:00:00.` + "123456" + strings.Repeat("9", 300) + `"`,
	} {
		want := `{"processedCustomerEventsSet":[{"replayed":` + replayed + `,"event":{` +
			`"performedOn":"2026-01-01T00:00:00.123456Z","udfDate1":"2026-01-01T00:00:00.123456Z"}}],` +
			`"unprocessedCustomerEventsSet":[]}`
		variable := a.post(t, `mutation ($event: WebCustomerEventInput!) { createWebCustomerEvents(
			input: {webCustomerEventsSet: [$event]})`+selection+` }`, `{"event":`+event(text)+`}`)
		if got := string(variable.Data["createWebCustomerEvents"]); got != want {
			t.Errorf("%s in a variable: %s", text, variable.text)
		}
		want = strings.Replace(want, "false", "true", 1)
		written := a.post(t, `mutation { createWebCustomerEvents(input: {webCustomerEventsSet: [`+
			literalEvent(text)+`]})`+selection+` }`, "")
		if got := string(written.Data["createWebCustomerEvents"]); got != want {
			t.Errorf("%s in a literal: %s", text, written.text)
		}
		replayed = "true"
	}
	other := a.post(t, `mutation ($event: WebCustomerEventInput!) { createWebCustomerEvents(
		input: {webCustomerEventsSet: [$event]})`+selection+` }`,
		`{"event":`+event(`"2026-01-01T00:00:00.123457000Z"`)+`}`)
	if !strings.Contains(other.text, "DuplicateAPIValueException") {
		t.Errorf("another microsecond is another event: %s", other.text)
	}
	for condition, found := range map[string]bool{
		`{"performedFrom":"2026-01-01T00:00:00.123456999Z"}`: true, // truncated: from is inclusive
		`{"performedFrom":"2026-01-01T00:00:00.1234570"}`:    false,
		`{"performedTo":"2026-01-01T00:00:00.123456999"}`:    false,
		`{"performedTo":"2026-01-01T00:00:00.123457000Z"}`:   true,
		`{"createdFrom":"2026-03-02T12:00:00.000000999Z"}`:   true,
		`{"createdTo":"2026-03-02T12:00:00.000000999"}`:      false,
	} {
		variable := a.post(t, `query ($f: WebCustomerEventFilter) {
			webCustomerEvents(filter: $f) { nodes { number } } }`, `{"f":`+condition+`}`)
		name, value, _ := strings.Cut(strings.Trim(condition, "{}"), ":")
		written := a.post(t, `{ webCustomerEvents(filter: {`+strings.Trim(name, `"`)+`: `+value+`}) {
			nodes { number } } }`, "")
		for _, r := range []reply{variable, written} {
			if len(r.Errors) > 0 || strings.Contains(r.text, `"number":"1"`) != found {
				t.Errorf("%s: %s, want found %v", condition, r.text, found)
			}
		}
	}
}

// TestDateTime_InvalidInFilter checks that the error names the field, and the value as the caller sent it.
func TestDateTime_InvalidInFilter(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	for _, c := range []struct{ name, query, variables, want string }{
		{
			"a literal",
			`{ webCustomerEvents(filter: {performedFrom: "2026-02-30T00:00:00Z"}) { nodes { id } } }`,
			`{}`, "performedFrom (2026-02-30T00:00:00Z) is not valid: write a date that exists",
		},
		{
			"a variable",
			`query ($f: WebCustomerEventFilter) { webCustomerEvents(filter: $f) { nodes { id } } }`,
			`{"f":{"createdTo":" 2026-01-01 "}}`, "createdTo ( 2026-01-01 ) is not valid: write a date that exists",
		},
		{
			"a number",
			`{ webCustomerEvents(filter: {performedFrom: 5}) { nodes { id } } }`,
			`{}`, "performedFrom (5) is not valid: write a date that exists",
		},
		{
			"a list",
			`{ webCustomerEvents(filter: {performedFrom: [5]}) { nodes { id } } }`,
			`{}`, "performedFrom is not valid: write a date that exists",
		},
		{
			"a leap second",
			`query ($d: DateTime) { webCustomerEvents(filter: {performedTo: $d}) { nodes { id } } }`,
			`{"d":"2016-12-31T23:59:60Z"}`, "performedTo (2016-12-31T23:59:60Z) is not valid: leap seconds",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := a.post(t, c.query, c.variables)
			if r.code() != "BAD_REQUEST" || !strings.Contains(r.Errors[0].Message, c.want) {
				t.Errorf("%s, want %q", r.text, c.want)
			}
		})
	}
}

// TestDateTime_NumberLiterals checks that a number in place of a date makes the event unprocessed, and that
// the problem repeats the number as the query text has it.
func TestDateTime_NumberLiterals(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	for _, number := range []string{"20160622", "2.50", "1E+3", "-0"} {
		r := a.post(t, createLiteral(`, udfDate1: `+number), "")
		if !strings.Contains(r.text, "Error:udfDate1 ("+number+") Is Not Valid") {
			t.Errorf("%s: %s", number, r.text)
		}
	}
}
