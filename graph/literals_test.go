package graph_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// literal returns an event as a literal, with more fields.
func literal(more string) string {
	return `{requestUniqueIdentifier: "r", accountsReceivableIdentifier: {number: "ACR0000000020"}, ` +
		`performedByUnitIdentifier: {id: "1"}, performedOn: "2026-01-01T00:00:00Z", ` +
		`website: "www.crm.com" ` + more + `}`
}

const createdFields = ` { processedCustomerEventsSet { replayed event { description ` +
	`externalSystemReferenceNumber udfFloat1 } } unprocessedCustomerEventsSet { errorDescription } } `

func createLiteral(more string) string {
	return `mutation { createWebCustomerEvents(input: {webCustomerEventsSet: [` + literal(more) + `]})` +
		createdFields + `}`
}

// nothingStored fails if an event is stored.
func (a *testAPI) nothingStored(t *testing.T, after string) {
	t.Helper()
	r := a.post(t, `{ webCustomerEvents { nodes { description externalSystemReferenceNumber } } }`, "")
	if !strings.Contains(r.text, `"nodes":[]`) {
		t.Errorf("%s: something was stored: %.300s", after, r.text)
	}
}

// lone holds texts with half a surrogate pair, and escapes that are no character.
var lone = []string{
	`\uD83D`,
	`A\uD83D`,
	`\uD83Dx`,
	`\uDE00`,
	`A\uDE00`,
	`\uDE00\uD83D`,
	`\uD83D\uD83D`,
	`\uD83D\uD83D\uDE00`,
	`\uD83D\uDE00\uDE00`,
	`\ud800`,
	`\uDBFF`,
	`\uDC00`,
	`\uDFFF`,
	`\uDbfF`,
	`\uD83D \uDE00`,
	`\uD83D\n`,
	`\uD83D\\uDE00`,
	`\uD83D\u0041`,
	`\u{D83D}`,
	`\u{d83d}\u{de00}`,
	`\uD83D\u{DE00}`,
	`\u{D83D}\uDE00`,
	`\u{0000D83D}`,
	`\u{110000}`,
	`\u{}`,
	`\u{FFFFFFFF}`,
	`\uD83D\uDE0`,
	`\\\uD83D`,
	`"\"\uD83D`,
	`ä😀\uD83D`,
}

func TestLiterals_LoneSurrogates(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	places := map[string]string{
		"a field": createLiteral(`externalSystem: "S", ` +
			`externalSystemReferenceNumber: "LONE"`),
		"a default": `mutation ($d: String = "LONE") { createWebCustomerEvents(input: ` +
			`{webCustomerEventsSet: [` + literal(`description: $d`) + `]})` + createdFields + `}`,
		"a default that is not used": `mutation ($d: String = "LONE") { createWebCustomerEvents(input: ` +
			`{webCustomerEventsSet: [` + literal(``) + `]})` + createdFields +
			`} query q($d: String = "LONE") { limits { maxPageSize } }`,
		"a default object": `mutation ($e: WebCustomerEventInput! = ` +
			literal(`description: "LONE"`) +
			`) { createWebCustomerEvents(input: {webCustomerEventsSet: [$e]})` + createdFields + `}`,
		"a default list": `mutation ($e: [WebCustomerEventInput!]! = [` +
			literal(`description: "LONE"`) +
			`]) { createWebCustomerEvents(input: {webCustomerEventsSet: $e})` + createdFields + `}`,
		"a default input": `mutation ($i: CreateWebCustomerEventsInput! = ` +
			`{webCustomerEventsSet: [` + literal(`description: "LONE"`) +
			`]}) { createWebCustomerEvents(input: $i)` + createdFields + `}`,
		"an idempotency key": `mutation { createWebCustomerEvents(input: {idempotencyKey: ` +
			`"LONE", webCustomerEventsSet: [` + literal(``) + `]})` + createdFields + `}`,
		"a request identifier": strings.Replace(createLiteral(``), `"r"`, `"LONE"`, 1),
		"a directive": `mutation { createWebCustomerEvents(input: {webCustomerEventsSet: [` +
			literal(``) + `]}) @include(if: "LONE")` + createdFields + `}`,
		"a login": `mutation { login(input: {username: "demo", password: "LONE"}) { ` +
			`token } }`,
		"a filter": `{ webCustomerEvents(filter: {externalSystem: "LONE"}) { nodes { ` +
			`id } } }`,
		"a fragment": `mutation { ...f } fragment f on Mutation { ` +
			`createWebCustomerEvents(input: {webCustomerEventsSet: [` + literal(`description: "LONE"`) +
			`]})` + createdFields + `}`,
		"behind a comment and blocks": "# \" \n" + createLiteral(
			`udfString1: """ \""" " """, udfString2: "", udfString3: "\"", description: "LONE"`),
	}
	for place, query := range places {
		t.Run(place, func(t *testing.T) {
			for _, text := range lone {
				text = strings.ReplaceAll(query, "LONE", text)
				r := a.post(t, text, "", "Accept", newMedia)
				if r.code() != "GRAPHQL_PARSE_FAILED" || r.status != 400 || r.Data != nil {
					t.Errorf("%s: %d %.300s", text, r.status, r.text)
				}
			}
		})
	}
	r := a.post(t, "{\n  a: webCustomerEvents(filter: {externalSystem: \"ä\\uD83D\"}) { nodes { id } } }",
		"")
	if !strings.Contains(r.text, `"locations":[{"line":2,"column":51}]`) {
		t.Errorf("the error has no location: %s", r.text)
	}
	a.nothingStored(t, "lone surrogates")
	bytes := `{ webCustomerEvents(filter: {externalSystem: "` + "\xff\xed\xa0\x80" + `"}) { nodes { id } } }`
	for name, query := range map[string]string{
		"in a literal": bytes,
		"in a comment": "{ limits { maxPageSize } } # \xc0\xaf",
	} {
		t.Run(name, func(t *testing.T) {
			r := a.do(t, http.MethodGet, "/graphql?query="+url.QueryEscape(query), nil, "Accept", newMedia)
			if r.status != 400 || r.code() != "GRAPHQL_PARSE_FAILED" {
				t.Errorf("GET of invalid UTF-8: %d %s", r.status, r.text)
			}
		})
	}
}

// TestLiterals_ExactValues checks that every literal has the value that the query text gives.
func TestLiterals_ExactValues(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	read := func(query string) (got struct {
		Description *string
		UDFFloat1   *float64
	}) {
		t.Helper()
		r := a.post(t, query, "")
		var payload struct {
			ProcessedCustomerEventsSet []struct{ Event json.RawMessage }
		}
		err := json.Unmarshal(r.Data["createWebCustomerEvents"], &payload)
		if err != nil || len(payload.ProcessedCustomerEventsSet) != 1 {
			t.Errorf("%s: %s", query, r.text)
			return got
		}
		if err := json.Unmarshal(payload.ProcessedCustomerEventsSet[0].Event, &got); err != nil {
			t.Error(err)
		}
		return got
	}
	for text, want := range map[string]string{
		`"\uD83D\uDE00"`:                       "😀",
		`"\ud83d\ude00!"`:                      "😀!",
		`"\u{1F600}"`:                          "😀",
		`"\u{0041}"`:                           "A",
		`"😀"`:                                  "😀",
		`"\\uD83D"`:                            `\uD83D`,
		`"\\\\uD83D\uD83D\uDE00"`:              `\\uD83D😀`,
		`"\uD7FF\uE000"`:                       "\ud7ff\ue000",
		`"\"\\\/\n\r\t"`:                       "\"\\/\n\r\t",
		`"a # b"`:                              "a # b",
		`"\uFFFD"`:                             "\ufffd",
		`"�"`:                                  "\ufffd",
		`"""\uD83D"""`:                         `\uD83D`,
		`"""\u{D83D} \n"""`:                    `\u{D83D} \n`,
		`""" "a" \""" """`:                     ` "a" """ `,
		"\"\"\"a\n  b\n    c\"\"\"":            "a\nb\n  c",
		"\"\"\"\n  a\n   b\r\n\t c \n\n\"\"\"": "a\n b\nc ",
		"\"\"\"   x\n\n   y\n   \"\"\"":        "   x\n\ny",
		"\"\"\"ä😀\r  b\"\"\"":                  "ä😀\nb",
	} {
		t.Run(text, func(t *testing.T) {
			for place, query := range map[string]string{
				"a literal": "# ä😀 \"\\uD83D\"\r\n" + createLiteral(`udfString1: "ä😀", description: `+text),
				"a default": `mutation ($d: String = ` + text +
					`) { createWebCustomerEvents(input: {webCustomerEventsSet: [` +
					literal(`description: $d`) + `]})` + createdFields + `}`,
			} {
				t.Run(place, func(t *testing.T) {
					if got := read(query).Description; got == nil || *got != want {
						t.Errorf("%s: %q is read back as %v, want %q", place, text, got, want)
					}
				})
			}
		})
	}
	long := strings.Repeat("9", 300)
	for text, want := range map[string]float64{
		"0":                              0,
		"-0":                             0,
		"7":                              7,
		"9007199254740993":               9007199254740992,
		"9223372036854775807":            9223372036854775807,
		"9223372036854775808":            9223372036854775808,
		"-9223372036854775809":           -9223372036854775809,
		"123456789012345678901234567890": 123456789012345678901234567890,
		long:                             1e300,
		"-" + long:                       -1e300,
		"5e-324":                         5e-324,
		"1.7976931348623157e308":         1.7976931348623157e308,
		"0e-400":                         0,
		"0.0e400":                        0,
		"0.1":                            0.1,
		"1e2":                            100,
	} {
		t.Run(text, func(t *testing.T) {
			for place, query := range map[string]string{
				"a literal": createLiteral(`udfFloat1: ` + text),
				"a default": `mutation ($f: Float = ` + text +
					`) { createWebCustomerEvents(input: {webCustomerEventsSet: [` +
					literal(`udfFloat1: $f`) + `]})` + createdFields + `}`,
				"a default of many": `mutation ($e: [WebCustomerEventInput!] = [` +
					literal(`udfFloat1: `+text) +
					`]) { createWebCustomerEvents(input: {webCustomerEventsSet: $e})` + createdFields + `}`,
				"a default of one": `mutation ($e: WebCustomerEventInput = ` + literal(`udfFloat1: `+text) +
					`) { createWebCustomerEvents(input: {webCustomerEventsSet: [$e]})` + createdFields + `}`,
			} {
				t.Run(place, func(t *testing.T) {
					query = strings.ReplaceAll(strings.ReplaceAll(query, "[WebCustomerEventInput!] =",
						"[WebCustomerEventInput!]! ="), "WebCustomerEventInput =",
						"WebCustomerEventInput! =")
					if got := read(query).UDFFloat1; got == nil || *got != want {
						t.Errorf("%s: %.40s is read back as %v, want %g", place, text, got, want)
					}
				})
			}
		})
	}
}
