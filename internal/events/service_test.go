package events_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"customer-events/internal/events"
	"customer-events/internal/strictjson"
	"customer-events/models"
)

// seedSet is the seed's request, verbatim.
const seedSet = `[
{"request_unique_identifier":"06","accounts_receivable_identifier":{"number":"ACR0000000020"},"performed_by_unit_identifier":{"name":"Admin Unit"},"performed_on":"2016-06-22T15:00:00","website":"www.crm.com"},
{"request_unique_identifier":"07","accounts_receivable_identifier":{"number":"ACR0000000077"},"performed_by_unit_identifier":{"name":"Admin Unit"},"performed_on":"2016-06-22T15:05:02","website":"www.crm.com"},
{"request_unique_identifier":"08","accounts_receivable_identifier":{"number":"ACR00045000"},"performed_by_unit_identifier":{"name":"Admin Unit"},"performed_on":"2016-06-22T15:19:22","website":"www.crm.com"},
{"request_unique_identifier":"09","accounts_receivable_identifier":{"number":"ACR00670040"},"performed_by_unit_identifier":{"name":"Admin Unit"},"performed_on":"2016-06-22T15:15:42","website":"www.crm.com"}]`

func TestCreate_SeedExample(t *testing.T) {
	t.Parallel()
	s, d := newTestService(t), newDecoder()
	d.FieldNames = events.SnakeCase
	set, err := d.DecodeBatch(strictjson.New(seedSet))
	if err != nil {
		t.Fatal(err)
	}
	out, err := s.CreateWebCustomerEvents(
		context.Background(),
		events.Request{Caller: s.caller, Events: set, FieldNames: events.SnakeCase},
	)
	if err != nil {
		t.Fatal(err)
	}
	mustBeConsistent(t, out, 4)
	var got []string
	for _, p := range out.ProcessedCustomerEventsSet {
		got = append(got, fmt.Sprint(p.RequestUniqueIdentifier, " ", p.Index, " ", p.Replayed))
	}
	for _, u := range out.UnprocessedCustomerEventsSet {
		got = append(
			got,
			fmt.Sprint(
				*u.RequestUniqueIdentifier,
				" ",
				u.Index,
				" ",
				u.ErrorCode,
				" ",
				u.ErrorDescription,
				" ",
				u.Problems[0].Path,
			),
		)
	}
	want := []string{
		"06 0 false",
		"07 1 false",
		"08 2 NotFoundAPIValueException Error:Account (ACR00045000) Not Found." +
			" - Description:The specified API value was not found. [accounts_receivable_identifier number]",
		"09 3 NotFoundAPIValueException Error:Account (ACR00670040) Not Found." +
			" - Description:The specified API value was not found. [accounts_receivable_identifier number]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestCheck_DuplicateRequestIdentifiers(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	unknown := minimalEvent().with("accountsReceivableIdentifier", `{"number":"unknown"}`)
	out := s.create(
		t,
		minimalEvent().withIdentifier("a"),
		minimalEvent().withIdentifier("b").withReference("s", "1"),
		minimalEvent().withIdentifier("c"),
		minimalEvent().withIdentifier("b").withReference("s", "2"),
		unknown.withIdentifier("b"),
		minimalEvent().withIdentifier("B"),
		minimalEvent().withIdentifier("b "),
	)
	if out.Summary != (events.BatchSummary{Received: 7, Processed: 4, Unprocessed: 3}) {
		t.Fatalf("summary %+v", out.Summary)
	}
	for i, u := range out.UnprocessedCustomerEventsSet {
		want := "Error:requestUniqueIdentifier (b) Is Used By 3 Events Of This Call: give each its own." +
			" - Description:The specified API value is already used."
		if u.Index != []int{1, 3, 4}[i] ||
			u.ErrorCode != models.Duplicate ||
			u.ErrorDescription != want ||
			!slices.Equal(u.Problems[0].Path, []string{"requestUniqueIdentifier"}) {
			t.Errorf("%+v", u)
		}
	}
	if problems := out.UnprocessedCustomerEventsSet[2].Problems; len(problems) != 2 ||
		problems[1].ErrorCode != models.NotFound {
		t.Errorf("the third has other problems than its own: %+v", problems)
	}
	for _, number := range []string{"1", "2"} {
		if event, ok := s.recorded(t, "s", number); ok {
			t.Errorf("recorded %+v", event)
		}
	}
}

func TestCheck_FutureDate(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	mustProcess(t, s.create(t, minimalEvent().with("performedOn", `"2026-03-03T12:00:00Z"`)), false)
	mustProcess(
		t,
		s.create(t, minimalEvent().with("udfDate1", `"9999-12-31T23:59:59"`)),
		false,
	) // only performedOn may not be in the future
	mustReject(
		t,
		s.create(t, minimalEvent().with("performedOn", `"2026-03-03T14:00:00.000001+02:00"`)),
		models.Invalid,
		"performedOn (2026-03-03T14:00:00.000001+02:00) Is Not Valid: it is more than 24 h ahead of now.",
		"performedOn",
	)
}

func TestCreate_TooManyEvents(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	list := make([]eventJSON, 1001)
	for i := range list {
		list[i] = minimalEvent().withIdentifier(fmt.Sprint(i)).withReference("s", fmt.Sprint(i))
	}
	_, err := s.CreateWebCustomerEvents(context.Background(), s.request(t, "", list...))
	var tooMany events.ErrTooManyEvents
	if !errors.As(err, &tooMany) || tooMany.Sent != 1001 || !strings.Contains(err.Error(), "1000") ||
		!strings.Contains(err.Error(), "1001") {
		t.Errorf("%v", err)
	}
	if event, ok := s.recorded(t, "s", "0"); ok {
		t.Errorf("recorded %+v", event)
	}
	request := s.request(t, "", list...)
	if _, err := s.CheckWebCustomerEvents(context.Background(), request); !errors.As(err, &tooMany) {
		t.Errorf("check: %v", err)
	}
	if out := s.create(t, list[:1000]...); out.Summary.Processed != 1000 {
		t.Errorf("summary %+v", out.Summary)
	}
}

func TestCreate_NoEvents(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	mustProcess(t, s.create(t))
	for range 2 {
		mustProcess(t, s.createWithKey(t, "key"))
	}
	_, err := s.CreateWebCustomerEvents(context.Background(), s.request(t, "key", minimalEvent()))
	if !errors.Is(err, events.ErrKeyReused) {
		t.Errorf("other events with the key of an empty call: %v", err)
	}
}

func TestCreate_UnreadableRequestIdentifier(t *testing.T) {
	t.Parallel()
	out := newTestService(t).create(
		t,
		minimalEvent().with("requestUniqueIdentifier", "7"),
		minimalEvent().withIdentifier(""),
		minimalEvent().withIdentifier("c"),
		minimalEvent().without("requestUniqueIdentifier"),
	)
	var got []string
	for _, u := range out.UnprocessedCustomerEventsSet {
		got = append(got, fmt.Sprint(u.Index, textOrNone(u.RequestUniqueIdentifier), u.ErrorCode))
	}
	want := []string{
		"0nothing" + string(models.Invalid),
		"1" + string(models.Mandatory),
		"3nothing" + string(models.Mandatory),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// The outcome contains all problems of an event: those of decoding and those of resolving.
func TestCreate_AllProblems(t *testing.T) {
	t.Parallel()
	out := newTestService(t).create(
		t,
		minimalEvent().with("udfFloat1", `"x"`).with(
			"accountsReceivableIdentifier",
			`{"name":"Alex Twin"}`,
		).with("classificationIdentifier", `{"id":"C3"}`).
			with("performedOn", `"2027-01-01T00:00:00"`).with(
			"performedByUnitIdentifier",
			`{"id":"x"}`,
		),
	)
	var got []string
	for _, problem := range out.UnprocessedCustomerEventsSet[0].Problems {
		got = append(got, string(problem.ErrorCode)+" "+strings.Join(problem.Path, "."))
	}
	want := []string{
		"InvalidAPIValueException udfFloat1",
		"InvalidAPIValueException performedOn",
		"AmbiguousAPIValueException accountsReceivableIdentifier.name",
		"NotFoundAPIValueException classificationIdentifier.id",
		"NotFoundAPIValueException performedByUnitIdentifier.id",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
