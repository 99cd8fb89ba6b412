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

// tb is what *testing.T and *rapid.T have in common.
type tb interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// now is the clock of all tests of this package.
var now = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func newSecrets() *models.KeyedHasher { return models.NewKeyedHasher([]byte("the tests' own key")) }

func newDecoder() *events.Decoder {
	return &events.Decoder{FieldNames: events.CamelCase, Zone: time.UTC, Hasher: newSecrets()}
}

// raw is an event as JSON text, field by field. Nothing in it need be right.
type raw map[string]string

// plain is an event with nothing in it but what is mandatory. It is the seed's first.
func plain() raw {
	return raw{
		"requestUniqueIdentifier":      `"06"`,
		"accountsReceivableIdentifier": `{"number":"ACR0000000020"}`,
		"performedByUnitIdentifier":    `{"name":"Admin Unit"}`,
		"performedOn":                  `"2016-06-22T15:00:00"`,
		"website":                      `"www.crm.com"`,
	}
}

func (r raw) with(field, value string) raw {
	changed := maps.Clone(r)
	changed[field] = value
	return changed
}

func (r raw) without(field string) raw {
	changed := maps.Clone(r)
	delete(changed, field)
	return changed
}

// by is the event of another customer: a participant, or by an access token.
func (r raw) by(participant string) raw {
	return r.without("accountsReceivableIdentifier").with("rewardsParticipantIdentifier", participant)
}

func (r raw) named(identifier string) raw {
	return r.with("requestUniqueIdentifier", `"`+identifier+`"`)
}

// referred gives the event an external reference.
func (r raw) referred(system, number string) raw {
	return r.with("externalSystem", `"`+system+`"`).with("externalSystemReferenceNumber", `"`+number+`"`)
}

// String is the event, its fields in alphabetical order.
func (r raw) String() string {
	members := make([]string, 0, len(r))
	for _, name := range slices.Sorted(maps.Keys(r)) {
		members = append(members, `"`+name+`":`+r[name])
	}
	return "{" + strings.Join(members, ",") + "}"
}

// decode reads one event that is JSON.
func decode(t testing.TB, text string) events.WebCustomerEventInput {
	t.Helper()
	in, err := tryDecode(newDecoder(), text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return in
}

func tryDecode(d *events.Decoder, text string) (in events.WebCustomerEventInput, err error) {
	c := strictjson.New(text)
	if err = d.DecodeEvent(c, &in); err == nil {
		err = c.End()
	}
	return in, err
}

// decodeSet reads events the way a door does.
func decodeSet(t testing.TB, list ...raw) events.ReceivedEvents {
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

// mustBeWhole checks that an event could be read without complaint.
func mustBeWhole(t testing.TB, in events.WebCustomerEventInput) {
	t.Helper()
	if len(in.Problems) != 0 {
		t.Errorf("faults: %+v", in.Problems)
	}
}

// mustFault checks that an event has one fault and no other.
func mustFault(t testing.TB, in events.WebCustomerEventInput, code models.Code, path ...string) {
	t.Helper()
	if len(in.Problems) != 1 {
		t.Errorf("%d faults %+v, want one %s at %s", len(in.Problems), in.Problems, code, path)
		return
	}
	fault := in.Problems[0]
	if fault.Code != code || !slices.Equal(fault.Path, path) {
		t.Errorf("fault %+v, want %s at %s", fault, code, path)
	}
	mustBeShowable(t, fault)
	if len(path) > 0 && !strings.Contains(fault.Detail, path[len(path)-1]) {
		t.Errorf("%q does not name %s", fault.Detail, path[len(path)-1])
	}
}

// mustBeShowable checks the form of a fault, and that nothing in it acts upon a terminal, a log or a page.
func mustBeShowable(t tb, fault models.Problem) {
	t.Helper()
	text := fault.Description()
	what, ok := strings.CutPrefix(text, "Error:")
	if !ok || !strings.HasSuffix(what, " - Description:"+fault.Code.Description()) || fault.Code.Description() == "" || fault.Detail == "" {
		t.Errorf("%q has not the form of a description", text)
	}
	for _, shown := range append(slices.Clone(fault.Path), text) {
		if !utf8.ValidString(shown) || strings.ContainsFunc(shown, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
			t.Errorf("%q is not fit to be shown", shown)
		}
		if utf8.RuneCountInString(shown) > 600 {
			t.Errorf("%d characters are too many to be shown: %q", utf8.RuneCountInString(shown), shown)
		}
	}
}

func mustBeSyntax(t testing.TB, text string) {
	t.Helper()
	if _, err := tryDecode(newDecoder(), text); !errors.Is(err, strictjson.ErrSyntax) {
		t.Errorf("%s: %v, want ErrSyntax", text, err)
	}
}

func ptr[T any](value T) *T { return &value }
