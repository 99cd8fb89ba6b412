package events_test

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"customer-events/internal/events"
	"customer-events/internal/strictjson"
	"customer-events/models"
)

// FuzzDecode compares the decoder with encoding/json: decoding fails if and only if the text is not JSON.
// Decoded values keep their limits, and problems are printable.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		minimalEvent().String(),
		fullEventJSON().String(),
		token(otp).String(),
		token(`{"credentials":{"identifier":"m","passCode":"1"}}`).String(),
		fullEventPrefix + `"hue":1}`,
		snakeCaseNames.Replace(fullEventPrefix) +
			`"rewards_participant_identifier":{"access_token_identifier":{"identifier":"m","pass_code":"1"}}}`,
		`null`,
		`7`,
		`[]`,
		`{}`,
		`{"website":NaN}`,
		`{"udfFloat1":1e999}`,
		`{"website":"\ud800"}`,
		"{\"website\":\"\xff\"}",
		`{"website":"a","website":"b"}`,
		`{"a\u0000b":1}`,
	} {
		f.Add(seed)
	}
	for i, text := range eventsWithSecrets() {
		if i%50 == 0 {
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Count(text, "[")+strings.Count(text, "{") > 1000 {
			return // encoding/json limits the depth, the decoder does not
		}
		for _, naming := range []events.FieldNames{events.CamelCase, events.SnakeCase} {
			d := newDecoder()
			d.FieldNames = naming
			in, err := decodeWith(d, text)
			if valid := json.Valid([]byte(text)); valid != (err == nil) ||
				err != nil && !errors.Is(err, strictjson.ErrSyntax) {
				t.Fatalf("valid JSON: %v, decoded: %v", valid, err)
			}
			if err != nil {
				continue
			}
			if again, err := decodeWith(d, text); err != nil || !reflect.DeepEqual(in, again) {
				t.Fatalf("read %+v, then %+v, %v", in, again, err)
			}
			if len(in.Problems) > 100 {
				t.Errorf("%d problems", len(in.Problems))
			}
			for _, problem := range in.Problems {
				mustBePrintable(t, problem)
			}
			if len(in.Problems) == 0 {
				mustKeepLimits(t, in)
			}
		}
	})
}

// mustKeepLimits checks the values of a valid event.
func mustKeepLimits(t *testing.T, in events.WebCustomerEventInput) {
	t.Helper()
	if !in.Customer.Given || !in.Unit.Given || in.Details.PerformedOn.IsZero() ||
		in.RequestUniqueIdentifier == nil ||
		strings.TrimSpace(*in.RequestUniqueIdentifier) == "" ||
		models.CheckWebsite(in.Details.Website) != nil {
		t.Errorf("what is mandatory is missing: %+v", in)
	}
	for _, f := range textFields {
		if value := f.get(&in); value != nil &&
			(utf8.RuneCountInString(*value) > f.maxLength || isRejectedText(*value)) {
			t.Errorf("%s is %q", f.name, *value)
		}
	}
	for name, get := range floatFields {
		if value := get(&in); value != nil &&
			(math.IsInf(*value, 0) || math.IsNaN(*value) || *value == 0 && math.Signbit(*value)) {
			t.Errorf("%s is %v", name, *value)
		}
	}
	for name, get := range dateFields {
		if value := get(&in); value != nil &&
			(value.Year() < 1000 || value.Year() > 9999 || value.Nanosecond()%1000 != 0) {
			t.Errorf("%s is %v", name, *value)
		}
	}
}

// isRejectedText reports whether a text is invalid. Its implementation differs from that of the decoder.
func isRejectedText(value string) bool {
	return !utf8.ValidString(value) ||
		strings.ContainsFunc(
			value,
			func(r rune) bool { return unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r' },
		)
}

// FuzzReference decodes any text as an identifier of every kind. The reference has exactly these bytes, or
// is rejected.
func FuzzReference(f *testing.F) {
	for _, seed := range []string{
		"ACR1",
		"acr1",
		" ACR1 ",
		"ÀCR1",
		"A\u0300CR1",
		"",
		" ",
		"\u00a0",
		"\x00",
		"a\nb",
		"\xff",
		"\xed\xa0\x80",
		"😀",
		strings.Repeat("😀", 255),
		strings.Repeat("x", 256),
		`"`,
		`\`,
		`\u0041`,
		"'; --",
		"\u2028",
		"\u0085",
		"\u009f",
		"\u00a0",
		"\ufeff",
	} {
		f.Add(seed)
	}
	// Only what JSON forbids in strings is escaped. Invalid UTF-8 stays as it is.
	escape := strings.NewReplacer(`"`, `\"`, `\`, `\\`)
	f.Fuzz(func(t *testing.T, value string) {
		var b strings.Builder
		for _, c := range []byte(escape.Replace(value)) {
			if c < ' ' {
				b.WriteString(`\u00` + string("0123456789abcdef"[c>>4]) + string("0123456789abcdef"[c&15]))
			} else {
				b.WriteByte(c)
			}
		}
		for _, field := range identifierFields {
			for choice, by := range field.alternatives {
				in := decode(t, field.event(`{"`+choice+`":"`+b.String()+`"}`).String())
				want := models.Reference{Kind: field.kind, By: by, Value: value}
				switch ref := field.reference(&in); {
				case isRejectedText(value) || utf8.RuneCountInString(value) > 255:
					mustHaveProblem(t, in, models.Invalid, field.name, choice)
				case strings.TrimSpace(value) == "":
					mustHaveProblem(t, in, models.Mandatory, field.name, choice)
				case len(in.Problems) > 0 || !ref.Given || ref.Target != want:
					t.Errorf("%q: read %+v, problems %+v", value, ref, in.Problems)
				}
			}
		}
	})
}
