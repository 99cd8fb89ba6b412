package events_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"customer-events/internal/events"
	"customer-events/internal/strictjson"
	"customer-events/models"
)

// tb contains the methods that *testing.T and *rapid.T have in common.
type tb interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// now is the time of all tests of this package.
var now = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func newHasher() *models.KeyedHasher { return models.NewKeyedHasher([]byte("the tests' own key")) }

func newDecoder() *events.Decoder {
	return &events.Decoder{FieldNames: events.CamelCase, Zone: time.UTC, Hasher: newHasher()}
}

// eventJSON is an event as JSON text, by field. It may be invalid.
type eventJSON map[string]string

// minimalEvent returns an event with the mandatory fields only. It is the seed's first.
func minimalEvent() eventJSON {
	return eventJSON{
		"requestUniqueIdentifier":      `"06"`,
		"accountsReceivableIdentifier": `{"number":"ACR0000000020"}`,
		"performedByUnitIdentifier":    `{"name":"Admin Unit"}`,
		"performedOn":                  `"2016-06-22T15:00:00"`,
		"website":                      `"www.crm.com"`,
	}
}

func (r eventJSON) with(field, value string) eventJSON {
	changed := maps.Clone(r)
	changed[field] = value
	return changed
}

func (r eventJSON) without(field string) eventJSON {
	changed := maps.Clone(r)
	delete(changed, field)
	return changed
}

// forParticipant replaces the customer by a participant, who may be identified by an access token.
func (r eventJSON) forParticipant(participant string) eventJSON {
	return r.without("accountsReceivableIdentifier").with("rewardsParticipantIdentifier", participant)
}

func (r eventJSON) withIdentifier(identifier string) eventJSON {
	return r.with("requestUniqueIdentifier", `"`+identifier+`"`)
}

// withReference sets the external reference.
func (r eventJSON) withReference(system, number string) eventJSON {
	return r.with("externalSystem", `"`+system+`"`).with("externalSystemReferenceNumber", `"`+number+`"`)
}

// String returns the event as JSON, with its fields in alphabetical order.
func (r eventJSON) String() string {
	members := make([]string, 0, len(r))
	for _, name := range slices.Sorted(maps.Keys(r)) {
		members = append(members, `"`+name+`":`+r[name])
	}
	return "{" + strings.Join(members, ",") + "}"
}

// decode decodes one event, whose text must be JSON.
func decode(t testing.TB, text string) events.WebCustomerEventInput {
	t.Helper()
	in, err := decodeWith(newDecoder(), text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return in
}

func decodeWith(d *events.Decoder, text string) (in events.WebCustomerEventInput, err error) {
	c := strictjson.New(text)
	if err = d.DecodeEvent(c, &in); err == nil {
		err = c.End()
	}
	return in, err
}

// decodeEvents decodes a call's events.
func decodeEvents(t testing.TB, list ...eventJSON) events.ReceivedEvents {
	t.Helper()
	texts := make([]string, len(list))
	for i, event := range list {
		texts[i] = event.String()
	}
	return decodeTexts(t, texts...)
}

func decodeTexts(t testing.TB, texts ...string) events.ReceivedEvents {
	t.Helper()
	set, err := newDecoder().DecodeBatch(strictjson.New("[" + strings.Join(texts, ",") + "]"))
	if err != nil {
		t.Fatalf("%s: %v", texts, err)
	}
	return set
}

// mustBeValid checks that an event has no problem.
func mustBeValid(t testing.TB, in events.WebCustomerEventInput) {
	t.Helper()
	if len(in.Problems) != 0 {
		t.Errorf("problems: %+v", in.Problems)
	}
}

// mustHaveProblem checks that an event has exactly one problem.
func mustHaveProblem(t testing.TB, in events.WebCustomerEventInput, code models.Code, path ...string) {
	t.Helper()
	if len(in.Problems) != 1 {
		t.Errorf("%d problems %+v, want one %s at %s", len(in.Problems), in.Problems, code, path)
		return
	}
	problem := in.Problems[0]
	if problem.Code != code || !slices.Equal(problem.Path, path) {
		t.Errorf("problem %+v, want %s at %s", problem, code, path)
	}
	mustBePrintable(t, problem)
	if len(path) > 0 && !strings.Contains(problem.Detail, path[len(path)-1]) {
		t.Errorf("%q does not name %s", problem.Detail, path[len(path)-1])
	}
}

// mustBePrintable checks the format of a problem, and that it contains nothing that a terminal, a log or a
// page would interpret.
func mustBePrintable(t tb, problem models.Problem) {
	t.Helper()
	text := problem.Description()
	what, ok := strings.CutPrefix(text, "Error:")
	if !ok || !strings.HasSuffix(what, " - Description:"+problem.Code.Description()) ||
		problem.Code.Description() == "" ||
		problem.Detail == "" {
		t.Errorf("%q has not the form of a description", text)
	}
	for _, shown := range append(slices.Clone(problem.Path), text) {
		if !utf8.ValidString(shown) ||
			strings.ContainsFunc(
				shown,
				func(r rune) bool {
					isJoiner := r == '\u200c' || r == '\u200d'
					return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) && !isJoiner
				},
			) {
			t.Errorf("%q is not fit to be shown", shown)
		}
		if utf8.RuneCountInString(shown) > 600 {
			t.Errorf("%d characters are too many to be shown: %q", utf8.RuneCountInString(shown), shown)
		}
	}
}

func mustBeSyntaxError(t testing.TB, text string) {
	t.Helper()
	if _, err := decodeWith(newDecoder(), text); !errors.Is(err, strictjson.ErrSyntax) {
		t.Errorf("%s: %v, want ErrSyntax", text, err)
	}
}
