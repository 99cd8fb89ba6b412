package events_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"customer-events/models"
)

func TestResolve_NotFound(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ field, identifier, problem string }{
		{"accountsReceivableIdentifier", `{"id":"unknown"}`, "Account (unknown) Not Found."},
		{"accountsReceivableIdentifier", `{"number":"acr0000000020"}`, "Account (acr0000000020) Not Found."},
		{"accountsReceivableIdentifier", `{"number":"ACR0000000020 "}`, "Account (ACR0000000020 ) Not Found."},
		{"accountsReceivableIdentifier", `{"name":"maria stone"}`, "Account (maria stone) Not Found."},
		{
			"rewardsParticipantIdentifier", `{"number":"ACR0000000020"}`,
			"Rewards Participant (ACR0000000020) Not Found.",
		},
		{"rewardsParticipantIdentifier", `{"id":"P21"}`, "Rewards Participant (P21) Not Found."},
		// its type is not WEB
		{"classificationIdentifier", `{"name":"Till"}`, "Classification (Till) Not Found."},
		{"classificationIdentifier", `{"alternativeCode":"TL"}`, "Classification (TL) Not Found."},
		{"classificationIdentifier", `{"id":"C3"}`, "Classification (C3) Not Found."},
		{"performedByUnitIdentifier", `{"alternativeCode":"nowhere"}`, "Unit (nowhere) Not Found."},
		{"performedByUnitIdentifier", `{"name":"a\nb"}`, "Unit (a\ufffdb) Not Found."},
		{
			"performedByUnitIdentifier", `{"name":"` + strings.Repeat("x", 255) + `"}`,
			"Unit (" + strings.Repeat("x", 100) + "…) Not Found.",
		},
	} {
		t.Run(c.problem, func(t *testing.T) {
			t.Parallel()
			event := minimalEvent().with(c.field, c.identifier)
			if c.field == "rewardsParticipantIdentifier" {
				event = minimalEvent().forParticipant(c.identifier)
			}
			out := newTestService(t).create(t, event)
			path := out.UnprocessedCustomerEventsSet[0].Problems[0].Path
			mustReject(t, out, models.NotFound, c.problem, path...)
			if len(path) != 2 || event[path[0]] == "" || !strings.Contains(event[path[0]], `"`+path[1]+`"`) {
				t.Errorf("path %s", path)
			}
		})
	}
}

func TestResolve_AmbiguousName(t *testing.T) {
	t.Parallel()
	out := newTestService(t).create(
		t,
		minimalEvent().with("accountsReceivableIdentifier", `{"name":"Alex Twin"}`),
	)
	mustReject(
		t,
		out,
		models.Ambiguous,
		"Account (Alex Twin) Is Ambiguous: several records have it, use the id or number.",
		"accountsReceivableIdentifier",
		"name",
	)
}

func TestResolve_StoredReferences(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	maria, rp := s.data.Accounts[0].Key, s.data.Participants[0].Key
	for i, c := range []struct {
		event       eventJSON
		account     int64
		participant *int64
	}{
		{minimalEvent(), maria, nil},
		{minimalEvent().with("accountsReceivableIdentifier", `{"id":"A20"}`), maria, nil},
		{minimalEvent().with("accountsReceivableIdentifier", `{"name":"Maria Stone"}`), maria, nil},
		{minimalEvent().forParticipant(`{"number":"RP0000000019"}`), maria, &rp},
		{minimalEvent().forParticipant(`{"id":"P19"}`), maria, &rp},
		{minimalEvent().forParticipant(`{"id":"P20"}`), s.data.Accounts[1].Key, &s.data.Participants[1].Key},
		{token(`{"authenticationCode":"maria-code"}`), maria, &rp},
		{token(`{"credentials":{"identifier":"maria@example.com","passCode":"4711"}}`), maria, &rp},
		{token(`{"oneTimePassword":73482}`), maria, &rp},
	} {
		number := fmt.Sprint(i)
		out := s.create(
			t,
			c.event.with("classificationIdentifier", `{"alternativeCode":"PP"}`).with(
				"performedByUnitIdentifier",
				`{"id":"U2"}`,
			).withReference("s", number),
		)
		mustProcess(t, out, false)
		got, _ := s.recorded(t, "s", number)
		want := models.WebCustomerEvent{
			Number:            got.Number,
			ID:                got.ID,
			AccountKey:        c.account,
			ParticipantKey:    c.participant,
			ClassificationKey: &s.data.Classifications[1].Key,
			UnitKey:           s.data.Units[1].Key,
			CreatedAt:         now,
			CreatedByKey:      s.caller.UserKey,
			EventDetails: models.EventDetails{
				PerformedOn:                   time.Date(2016, 6, 22, 15, 0, 0, 0, time.UTC),
				Website:                       "www.crm.com",
				ExternalSystem:                new("s"),
				ExternalSystemReferenceNumber: &number,
			},
			IdentifiersHash: got.IdentifiersHash,
		}
		if len(got.IdentifiersHash) != 3*models.IdentifierHashLength {
			t.Errorf("%s: hash %x", c.event, got.IdentifiersHash)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", c.event, diff)
		}
		if p := out.ProcessedCustomerEventsSet[0]; p.ID != got.ID.String() ||
			p.Number != fmt.Sprint(got.Number) {
			t.Errorf("returned %+v, recorded %s %d", p, got.ID, got.Number)
		}
	}
}

func TestResolve_ForbiddenUnit(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	s.caller.Units = []int64{s.data.Units[1].Key}
	mustReject(
		t,
		s.create(t, minimalEvent().withReference("s", "1")),
		models.Forbidden,
		"Unit (Admin Unit) Is Not Permitted.",
		"performedByUnitIdentifier",
		"name",
	)
	mustProcess(t, s.create(t, minimalEvent().with("performedByUnitIdentifier", `{"id":"U2"}`)), false)
	s.caller.Units = []int64{}
	mustReject(
		t,
		s.create(t, minimalEvent()),
		models.Forbidden,
		"Unit (Admin Unit) Is Not Permitted.",
		"performedByUnitIdentifier",
		"name",
	)
	if event, ok := s.recorded(t, "s", "1"); ok {
		t.Errorf("recorded %+v", event)
	}
}
