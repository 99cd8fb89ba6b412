package main

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const tokenNotFound = "Error:Access Token Not Found. - Description:The specified API value was not found."

// Every identifier finds its record, and only by exactly its bytes.
func TestIdentifiers(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *server) {
		s.create(t, []object{event("ids", object{"accountsReceivableIdentifier": nil, "rewardsParticipantIdentifier": object{"number": "RP0000000019"},
			"classificationIdentifier": object{"name": "Newsletter"}, "performedByUnitIdentifier": object{"name": "Web Shop"}})})
		known := s.page(t, object{})[0]
		id := func(record string) any { return known[record].(object)["id"] }
		const account, participant, classification, unit = "accountsReceivableIdentifier", "rewardsParticipantIdentifier", "classificationIdentifier", "performedByUnitIdentifier"
		token := func(by string, value any) object { return object{"accessTokenIdentifier": object{by: value}} }
		credentials := func(identifier, passCode string) object {
			return token("credentials", object{"identifier": identifier, "passCode": passCode})
		}
		const notFound, ambiguous = "NotFoundAPIValueException", "AmbiguousAPIValueException"
		cases := []struct {
			field      string
			identifier object
			want       string // the account's number, or the code
		}{
			{account, object{"id": id("accountsReceivable")}, "ACR0000000020"},
			{account, object{"number": "ACR0000000077"}, "ACR0000000077"},
			{account, object{"name": "John Field"}, "ACR0000000077"},
			{account, object{"name": "Alex Twin"}, ambiguous},
			{account, object{"name": "john field"}, notFound},
			{account, object{"name": "John Field "}, notFound},
			{account, object{"number": "acr0000000020"}, notFound},
			{account, object{"number": "ACR0000000020 "}, notFound},
			{account, object{"number": " ACR0000000020"}, notFound},
			{account, object{"number": "ÀCR0000000020"}, notFound},
			{account, object{"number": "ACR0000000020\u200b"}, notFound},
			{account, object{"number": "ACR0000000020\t"}, notFound},
			{account, object{"number": "ＡCR0000000020"}, notFound},
			{account, object{"id": "ACR0000000020"}, notFound},
			{participant, object{"id": id("rewardsParticipant")}, "ACR0000000020"},
			{participant, object{"number": "RP0000000020"}, "ACR0000000077"},
			{participant, object{"number": "rp0000000020"}, notFound},
			{participant, token("authenticationCode", "demo-authentication-code"), "ACR0000000020"},
			{participant, token("authenticationCode", "Demo-authentication-code"), notFound},
			{participant, token("authenticationCode", "demo-authentication-code "), notFound},
			{participant, token("authenticationCode", "spent-authentication-code"), notFound},
			{participant, credentials("maria@example.com", "4711"), "ACR0000000020"},
			{participant, credentials("maria@example.com", "4712"), notFound},
			{participant, credentials("Maria@example.com", "4711"), notFound},
			{participant, credentials("nobody@example.com", "4711"), notFound},
			{participant, token("oneTimePassword", "073482"), "ACR0000000020"},
			{participant, token("oneTimePassword", 73482), "ACR0000000020"},
			{participant, token("oneTimePassword", "73482"), notFound},
			{participant, token("oneTimePassword", "0073482"), notFound},
			{classification, object{"id": id("classification")}, "ACR0000000020"},
			{classification, object{"name": "Product page"}, "ACR0000000020"},
			{classification, object{"alternativeCode": "PP"}, "ACR0000000020"},
			{classification, object{"alternativeCode": "pp"}, notFound},
			{classification, object{"name": "Newsletter "}, notFound},
			{classification, object{"name": "Till"}, notFound},
			{classification, object{"alternativeCode": "TL"}, notFound},
			{unit, object{"id": "1"}, "ACR0000000020"},
			{unit, object{"name": "Web Shop"}, "ACR0000000020"},
			{unit, object{"alternativeCode": "webshop"}, "ACR0000000020"},
			{unit, object{"name": "web shop"}, notFound},
			{unit, object{"alternativeCode": "Webshop"}, notFound},
			{unit, object{"id": "01"}, notFound},
		}
		var events []object
		for i, c := range cases {
			changes := object{"udfFloat1": i, c.field: c.identifier}
			if c.field == participant {
				changes[account] = nil
			}
			events = append(events, event(string(rune('A'+i)), changes))
		}
		const query = `mutation ($input: CreateWebCustomerEventsInput!) { createWebCustomerEvents(input: $input) {
			processedCustomerEventsSet { index event { accountsReceivable { number } rewardsParticipant { number } } }
			unprocessedCustomerEventsSet { index errorCode errorDescription problems { path } } } }`
		send := func() outcome {
			return ask[outcome](t, s, "createWebCustomerEvents", query, object{"input": object{"webCustomerEventsSet": events}})
		}
		outcome := send()
		got := make([]string, len(cases))
		for _, p := range outcome.ProcessedCustomerEventsSet {
			got[p.Index] = p.Event["accountsReceivable"].(object)["number"].(string)
			if (cases[p.Index].field == participant) != (p.Event["rewardsParticipant"] != nil) {
				t.Errorf("%v: the participant is %v", cases[p.Index].identifier, p.Event["rewardsParticipant"])
			}
		}
		for _, u := range outcome.UnprocessedCustomerEventsSet {
			got[u.Index] = u.ErrorCode
			if _, isToken := cases[u.Index].identifier["accessTokenIdentifier"]; isToken && u.ErrorDescription != tokenNotFound {
				t.Errorf("%v: %s", cases[u.Index].identifier, u.ErrorDescription)
			}
			if u.Problems[0].Path[0] != cases[u.Index].field {
				t.Errorf("%v: path %v", cases[u.Index].identifier, u.Problems[0].Path)
			}
		}
		for i, c := range cases {
			if got[i] != c.want {
				t.Errorf("%s %v: %q, want %q", c.field, c.identifier, got[i], c.want)
			}
		}
		// The call has spent the one-time password, for everybody.
		events = []object{event("again", object{account: nil, participant: token("oneTimePassword", "073482")})}
		if again := send(); len(again.UnprocessedCustomerEventsSet) != 1 || again.UnprocessedCustomerEventsSet[0].ErrorDescription != tokenNotFound {
			t.Errorf("the spent password: %+v", again)
		}
	})
}

func TestFilters(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *server) {
		s.create(t, []object{
			event("a", object{"udfString1": "a", "performedOn": "2020-01-01T00:00:00Z", "classificationIdentifier": object{"name": "Newsletter"}}),
			event("b", object{"udfString1": "b", "performedOn": "2020-01-02T00:00:00Z", "externalSystem": "shop", "externalSystemReferenceNumber": "1",
				"accountsReceivableIdentifier": object{"number": "ACR0000000077"}, "performedByUnitIdentifier": object{"name": "Web Shop"}}),
			event("c", object{"udfString1": "c", "performedOn": "2020-01-03T00:00:00Z", "externalSystem": "shop", "externalSystemReferenceNumber": "2",
				"accountsReceivableIdentifier": nil, "rewardsParticipantIdentifier": object{"number": "RP0000000019"}}),
			event("d", object{"udfString1": "d", "performedOn": "2020-01-04T00:00:00Z", "externalSystem": "Shop", "externalSystemReferenceNumber": "1",
				"accountsReceivableIdentifier": object{"number": "ACR0000000078"}}),
			event("e", object{"udfString1": "e", "performedOn": "2020-01-05T00:00:00Z", "accountsReceivableIdentifier": object{"number": "ACR0000000079"}}),
		})
		created := s.page(t, object{})[0]["createdAt"]
		for _, c := range []struct {
			filter object
			want   string
		}{
			{nil, "edcba"},
			{object{}, "edcba"},
			{object{"accountsReceivable": object{"number": "ACR0000000020"}}, "ca"},
			{object{"accountsReceivable": object{"name": "John Field"}}, "b"},
			{object{"accountsReceivable": object{"name": "Alex Twin"}}, "ed"},
			{object{"accountsReceivable": object{"number": "acr0000000020"}}, ""},
			{object{"accountsReceivable": object{"number": "ACR0000000020 "}}, ""},
			{object{"rewardsParticipant": object{"number": "RP0000000019"}}, "c"},
			{object{"rewardsParticipant": object{"number": "RP0000000020"}}, ""},
			{object{"performedByUnit": object{"alternativeCode": "webshop"}}, "b"},
			{object{"performedByUnit": object{"id": "1"}}, "edca"},
			{object{"classification": object{"alternativeCode": "NL"}}, "a"},
			{object{"classification": object{"alternativeCode": "PP"}}, ""},
			{object{"externalSystem": "shop"}, "cb"},
			{object{"externalSystem": "shop "}, ""},
			{object{"externalSystemReferenceNumber": "1"}, "db"},
			{object{"externalSystem": "shop", "externalSystemReferenceNumber": "1"}, "b"},
			{object{"performedFrom": "2020-01-02T00:00:00Z"}, "edcb"},
			{object{"performedTo": "2020-01-02T00:00:00Z"}, "a"},
			{object{"performedFrom": "2020-01-02T02:00:00+02:00", "performedTo": "2020-01-04T00:00:00"}, "cb"},
			{object{"createdFrom": created}, "edcba"},
			{object{"createdTo": created}, ""},
			{object{"createdFrom": "2000-01-01T00:00:00Z", "createdTo": "2001-01-01T00:00:00Z"}, ""},
			{object{"accountsReceivable": object{"number": "ACR0000000020"}, "performedFrom": "2020-01-02T00:00:00Z"}, "c"},
		} {
			got := ""
			for _, node := range s.page(t, c.filter) {
				got += node["udfString1"].(string)
			}
			if got != c.want {
				t.Errorf("%v: %q, want %q", c.filter, got, c.want)
			}
		}
		const query = `query ($filter: WebCustomerEventFilter) { webCustomerEvents(filter: $filter) { nodes { id } } }`
		for code, filter := range map[string]object{
			"BAD_REQUEST":               {"rewardsParticipant": object{"accessTokenIdentifier": object{"authenticationCode": "demo-authentication-code"}}},
			"GRAPHQL_VALIDATION_FAILED": {"accountsReceivable": object{"number": "ACR0000000020", "name": "Maria Stone"}},
		} {
			if a := s.post(t, query, object{"filter": filter}); a.code() != code {
				t.Errorf("%v: %s", filter, a.Text)
			}
		}
		a := s.post(t, query, object{"filter": object{"performedFrom": "2020-02-30T00:00:00Z"}})
		if !slices.Contains([]string{"BAD_REQUEST", "GRAPHQL_VALIDATION_FAILED"}, a.code()) {
			t.Errorf("a date that does not exist: %s", a.Text)
		}
		if diff := cmp.Diff(5, len(s.page(t, nil))); diff != "" {
			t.Error(diff)
		}
	})
}
