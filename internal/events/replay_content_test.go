package events_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"customer-events/models"
)

// fullEventJSON returns an event with a value in every field that is compared.
func fullEventJSON() eventJSON {
	event := minimalEvent().withReference("s", "1").with("description", `"d"`).with(
		"classificationIdentifier",
		`{"alternativeCode":"NL"}`,
	)
	for i := 1; i <= 8; i++ {
		event = event.with(fmt.Sprint("udfString", i), `"a"`)
	}
	for i := 1; i <= 4; i++ {
		event = event.with(fmt.Sprint("udfFloat", i), `1.5`).with(
			fmt.Sprint("udfDate", i),
			`"2016-06-22T15:00:00"`,
		)
	}
	return event
}

func TestReplay_EqualContentInAnotherNotation(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	first := s.create(t, fullEventJSON())
	mustProcess(t, first, false)
	again := fullEventJSON().withIdentifier("another").with(
		"accountsReceivableIdentifier",
		`{"id":"A20"}`,
	).with("classificationIdentifier", `{"name":"Newsletter"}`).
		with("performedByUnitIdentifier", `{"id":"1"}`).with(
		"performedOn",
		`"2016-06-22T18:00:00.000+03:00"`,
	).with("udfDate1", `"2016-06-22t15:00:00z"`).
		with("udfFloat1", `0.15E1`).with(
		"website",
		`"www\u002ecrm.com"`,
	).with("rewardsParticipantIdentifier", "null")
	second := s.create(t, again)
	mustProcess(t, second, true)
	if a, b := first.ProcessedCustomerEventsSet[0], second.ProcessedCustomerEventsSet[0]; a.ID != b.ID ||
		a.Number != b.Number {
		t.Errorf("%+v, then %+v", a, b)
	}
}

func TestReplay_NamesDifferingFields(t *testing.T) {
	t.Parallel()
	changes := map[string]string{
		"accountsReceivableIdentifier": `{"number":"ACR0000000077"}`,
		"classificationIdentifier":     `{"alternativeCode":"PP"}`,
		"performedByUnitIdentifier":    `{"alternativeCode":"webshop"}`,
		"performedOn":                  `"2016-06-22T15:00:00.000001"`,
		"website":                      `"www.crm.com/"`,
		"description":                  `"d "`,
	}
	for i := 1; i <= 8; i++ {
		changes[fmt.Sprint("udfString", i)] = `"A"`
	}
	for i := 1; i <= 4; i++ {
		changes[fmt.Sprint("udfFloat", i)] = `1.5000000000000002`
		changes[fmt.Sprint("udfDate", i)] = `"2016-06-22T15:00:00+00:01"`
	}
	for field, value := range changes {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			s := newTestService(t)
			mustProcess(t, s.create(t, fullEventJSON()), false)
			what := differs(field)
			mustReject(t, s.create(t, fullEventJSON().with(field, value)), models.Duplicate, what, field)
			switch field {
			case "accountsReceivableIdentifier", "performedByUnitIdentifier", "performedOn", "website":
			default: // a missing value differs from a value
				mustReject(t, s.create(t, fullEventJSON().without(field)), models.Duplicate, what, field)
				s := newTestService(t)
				mustProcess(t, s.create(t, fullEventJSON().without(field)), false)
				mustReject(t, s.create(t, fullEventJSON()), models.Duplicate, what, field)
			}
		})
	}
	t.Run("rewardsParticipantIdentifier", func(t *testing.T) {
		t.Parallel()
		s := newTestService(t)
		mustProcess(t, s.create(t, fullEventJSON()), false)
		mustReject(
			t,
			s.create(t, fullEventJSON().forParticipant(`{"number":"RP0000000019"}`)),
			models.Duplicate, // of the same account
			differs("rewardsParticipantIdentifier"),
			"rewardsParticipantIdentifier",
		)
	})
	t.Run("several", func(t *testing.T) {
		t.Parallel()
		s := newTestService(t)
		mustProcess(t, s.create(t, fullEventJSON()), false)
		var paths []string
		event := fullEventJSON().with("udfFloat4", "0").with("website", `"x.com"`).with("description", "null")
		for _, problem := range s.create(t, event).UnprocessedCustomerEventsSet[0].Problems {
			paths = append(paths, strings.Join(problem.Path, "."))
		}
		if slices.Sort(paths); !slices.Equal(paths, []string{"description", "udfFloat4", "website"}) {
			t.Errorf("problems at %s", paths)
		}
	})
}

func TestReplay_HalfAReference(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	for _, event := range []eventJSON{
		minimalEvent().with("externalSystem", `"s"`),
		minimalEvent().with("externalSystemReferenceNumber", `"1"`),
		minimalEvent().withReference("s", " "),
		minimalEvent().withReference("", "1"),
	} {
		mustProcess(
			t,
			s.create(t, event.withIdentifier("a"), event.withIdentifier("b").with("website", `"x.com"`)),
			false,
			false,
		)
		mustProcess(t, s.create(t, event), false)
	}
}

func TestReplay_SameReferenceInOneCall(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	unknown := minimalEvent().with("accountsReceivableIdentifier", `{"number":"x"}`)
	out := s.create(
		t,
		unknown.withIdentifier("0").withReference("s", "1"),
		minimalEvent().withIdentifier("1").withReference("s", "1"),
		minimalEvent().withIdentifier("2"),
		minimalEvent().withIdentifier("3").withReference("s", "1"),
		minimalEvent().withIdentifier("4").withReference("s", "1").with("website", `"x.com"`),
		minimalEvent().withIdentifier("5").withReference("s", "1"),
	)
	var got []string
	for _, p := range out.ProcessedCustomerEventsSet {
		got = append(
			got,
			fmt.Sprintln(
				p.Index,
				p.Replayed,
				p.ID == out.ProcessedCustomerEventsSet[0].ID &&
					p.Number == out.ProcessedCustomerEventsSet[0].Number,
			),
		)
	}
	for _, u := range out.UnprocessedCustomerEventsSet {
		got = append(got, fmt.Sprintln(u.Index, u.ErrorCode))
	}
	want := "1 false true\n2 false false\n3 true true\n5 true true\n" +
		"0 " + string(models.NotFound) + "\n4 " + string(models.Duplicate) + "\n"
	if strings.Join(got, "") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// differs returns the problem of a field that differs from the event with the external reference 1 of s.
func differs(field string) string {
	return field + " Differs From The Event That Has The External Reference (1) Of s: " +
		"an external reference always names the same event."
}
