package events_test

import (
	"strings"
	"testing"
)

// TestProblems_ValueAsSent checks that a problem repeats a value as the caller sent it, not as it was
// parsed.
func TestProblems_ValueAsSent(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	for _, c := range []struct{ name, field, json, shown string }{
		{"a date in a zone", "performedOn", `"2026-04-03T14:00:00.100+02:00"`, "2026-04-03T14:00:00.100+02:00"},
		{"a date without a zone", "performedOn", `"2026-04-03T14:00"`, "2026-04-03T14:00"},
		{"decimals", "performedOn", `"2026-04-03t14:00:00.1234567890z"`, "2026-04-03t14:00:00.1234567890z"},
		{"an escape", "performedOn", `"2026-04-03T14:00:00\u005a"`, "2026-04-03T14:00:00Z"},
		{"no date", "performedOn", `" 2026-02-30 "`, " 2026-02-30 "},
		{"a number that is too large", "udfFloat1", `1.50E+999`, "1.50E+999"},
		{"a number for a text", "description", `12345678901234567890.10`, "12345678901234567890.10"},
		{"a number in quotation marks", "udfFloat1", `"1.50"`, `"1.50"`},
		{"a word with a joiner", "website", "\"می\u200cخواهم/\u200b\"", "می\u200cخواهم/�"},
		{"an emoji", "website", "\"👩\u200d👧\"", "👩\u200d👧"},
		{"blanks", "website", `" a  b "`, " a  b "},
		{"a name", "classificationIdentifier", `{"name":" 👩‍👧 "}`, " 👩‍👧 "},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			out := s.create(t, minimalEvent().with(c.field, c.json))
			if len(out.UnprocessedCustomerEventsSet) != 1 {
				t.Fatalf("%+v", out)
			}
			text := out.UnprocessedCustomerEventsSet[0].ErrorDescription
			if !strings.Contains(text, "("+c.shown+")") {
				t.Errorf("%q does not repeat %q", text, c.shown)
			}
		})
	}
}
