package e2e

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"customer-events/test/apitest"
)

const tokenNotFound = "Error:Access Token Not Found. - Description:The specified API value was not found."

// TestCreate_Identifiers finds records by every identifier, and only by its exact bytes.
func TestCreate_Identifiers(t *testing.T) {
	t.Parallel()
	apitest.OnEachDatabase(t, func(t *testing.T, s *apitest.Server) {
		s.Create(t, []apitest.Object{apitest.Event("ids", apitest.Object{
			"accountsReceivableIdentifier": nil,
			"rewardsParticipantIdentifier": apitest.Object{"number": "RP0000000019"},
			"classificationIdentifier":     apitest.Object{"name": "Newsletter"},
			"performedByUnitIdentifier":    apitest.Object{"name": "Web Shop"},
		})})
		known := s.Page(t, apitest.Object{})[0]
		id := func(record string) any { return known[record].(apitest.Object)["id"] }
		const account, participant, classification, unit = "accountsReceivableIdentifier",
			"rewardsParticipantIdentifier", "classificationIdentifier", "performedByUnitIdentifier"
		token := func(by string, value any) apitest.Object {
			return apitest.Object{"accessTokenIdentifier": apitest.Object{by: value}}
		}
		credentials := func(identifier, passCode string) apitest.Object {
			return token("credentials", apitest.Object{"identifier": identifier, "passCode": passCode})
		}
		const notFound, ambiguous = "NotFoundAPIValueException", "AmbiguousAPIValueException"
		cases := []struct {
			field      string
			identifier apitest.Object
			want       string // the account's number, or the error code
		}{
			{account, apitest.Object{"id": id("accountsReceivable")}, "ACR0000000020"},
			{account, apitest.Object{"number": "ACR0000000077"}, "ACR0000000077"},
			{account, apitest.Object{"name": "John Field"}, "ACR0000000077"},
			{account, apitest.Object{"name": "Alex Twin"}, ambiguous},
			{account, apitest.Object{"name": "john field"}, notFound},
			{account, apitest.Object{"name": "John Field "}, notFound},
			{account, apitest.Object{"number": "acr0000000020"}, notFound},
			{account, apitest.Object{"number": "ACR0000000020 "}, notFound},
			{account, apitest.Object{"number": " ACR0000000020"}, notFound},
			{account, apitest.Object{"number": "ÀCR0000000020"}, notFound},
			{account, apitest.Object{"number": "ACR0000000020\u200b"}, notFound},
			{account, apitest.Object{"number": "ACR0000000020\t"}, notFound},
			{account, apitest.Object{"number": "ＡCR0000000020"}, notFound},
			{account, apitest.Object{"id": "ACR0000000020"}, notFound},
			{participant, apitest.Object{"id": id("rewardsParticipant")}, "ACR0000000020"},
			{participant, apitest.Object{"number": "RP0000000020"}, "ACR0000000077"},
			{participant, apitest.Object{"number": "rp0000000020"}, notFound},
			{participant, token("authenticationCode", "demo-authentication-code"), "ACR0000000020"},
			{participant, token("authenticationCode", "Demo-authentication-code"), notFound},
			{participant, token("authenticationCode", "demo-authentication-code "), notFound},
			{participant, token("authenticationCode", "spent-authentication-code"), notFound},
			{participant, credentials("maria@example.com", "4711"), "ACR0000000020"},
			{participant, credentials("maria@example.com", "4712"), notFound},
			{participant, credentials("Maria@example.com", "4711"), notFound},
			{participant, credentials("unknown@example.com", "4711"), notFound},
			{participant, token("oneTimePassword", "073482"), "ACR0000000020"},
			{participant, token("oneTimePassword", 73482), "ACR0000000020"},
			{participant, token("oneTimePassword", "73482"), notFound},
			{participant, token("oneTimePassword", "0073482"), notFound},
			{classification, apitest.Object{"id": id("classification")}, "ACR0000000020"},
			{classification, apitest.Object{"name": "Product page"}, "ACR0000000020"},
			{classification, apitest.Object{"alternativeCode": "PP"}, "ACR0000000020"},
			{classification, apitest.Object{"alternativeCode": "pp"}, notFound},
			{classification, apitest.Object{"name": "Newsletter "}, notFound},
			{classification, apitest.Object{"name": "Till"}, notFound},
			{classification, apitest.Object{"alternativeCode": "TL"}, notFound},
			{unit, apitest.Object{"id": "1"}, "ACR0000000020"},
			{unit, apitest.Object{"name": "Web Shop"}, "ACR0000000020"},
			{unit, apitest.Object{"alternativeCode": "webshop"}, "ACR0000000020"},
			{unit, apitest.Object{"name": "web shop"}, notFound},
			{unit, apitest.Object{"alternativeCode": "Webshop"}, notFound},
			{unit, apitest.Object{"id": "01"}, notFound},
		}
		var events []apitest.Object
		for i, c := range cases {
			changes := apitest.Object{"udfFloat1": i, c.field: c.identifier}
			if c.field == participant {
				changes[account] = nil
			}
			events = append(events, apitest.Event(string(rune('A'+i)), changes))
		}
		const query = `mutation ($input: CreateWebCustomerEventsInput!) {
			createWebCustomerEvents(input: $input) {
			processedCustomerEventsSet {
				index event { accountsReceivable { number } rewardsParticipant { number } }
			}
			unprocessedCustomerEventsSet { index errorCode errorDescription problems { path } } } }`
		send := func() apitest.Outcome {
			return apitest.Ask[apitest.Outcome](t, s, "createWebCustomerEvents", query,
				apitest.CreateInput(events))
		}
		outcome := send()
		got := make([]string, len(cases))
		for _, p := range outcome.ProcessedCustomerEventsSet {
			got[p.Index] = p.Event["accountsReceivable"].(apitest.Object)["number"].(string)
			if (cases[p.Index].field == participant) != (p.Event["rewardsParticipant"] != nil) {
				t.Errorf("%v: the participant is %v", cases[p.Index].identifier,
					p.Event["rewardsParticipant"])
			}
		}
		for _, u := range outcome.UnprocessedCustomerEventsSet {
			got[u.Index] = u.ErrorCode
			_, isToken := cases[u.Index].identifier["accessTokenIdentifier"]
			if isToken && u.ErrorDescription != tokenNotFound {
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
		// The call has used the one-time password up, for every caller.
		events = []apitest.Object{apitest.Event("again", apitest.Object{
			account: nil, participant: token("oneTimePassword", "073482"),
		})}
		again := send()
		if len(again.UnprocessedCustomerEventsSet) != 1 ||
			again.UnprocessedCustomerEventsSet[0].ErrorDescription != tokenNotFound {
			t.Errorf("the spent password: %+v", again)
		}
	})
}

func TestFind_Filters(t *testing.T) {
	t.Parallel()
	apitest.OnEachDatabase(t, func(t *testing.T, s *apitest.Server) {
		s.Create(t, []apitest.Object{
			apitest.Event("a", apitest.Object{
				"udfString1":               "a",
				"performedOn":              "2020-01-01T00:00:00Z",
				"classificationIdentifier": apitest.Object{"name": "Newsletter"},
			}),
			apitest.Event("b", apitest.Object{
				"udfString1":                    "b",
				"performedOn":                   "2020-01-02T00:00:00Z",
				"externalSystem":                "shop",
				"externalSystemReferenceNumber": "1",
				"accountsReceivableIdentifier":  apitest.Object{"number": "ACR0000000077"},
				"performedByUnitIdentifier":     apitest.Object{"name": "Web Shop"},
			}),
			apitest.Event("c", apitest.Object{
				"udfString1":                    "c",
				"performedOn":                   "2020-01-03T00:00:00Z",
				"externalSystem":                "shop",
				"externalSystemReferenceNumber": "2",
				"accountsReceivableIdentifier":  nil,
				"rewardsParticipantIdentifier":  apitest.Object{"number": "RP0000000019"},
			}),
			apitest.Event("d", apitest.Object{
				"udfString1":                    "d",
				"performedOn":                   "2020-01-04T00:00:00Z",
				"externalSystem":                "Shop",
				"externalSystemReferenceNumber": "1",
				"accountsReceivableIdentifier":  apitest.Object{"number": "ACR0000000078"},
			}),
			apitest.Event("e", apitest.Object{
				"udfString1":                   "e",
				"performedOn":                  "2020-01-05T00:00:00Z",
				"accountsReceivableIdentifier": apitest.Object{"number": "ACR0000000079"},
			}),
		})
		created := s.Page(t, apitest.Object{})[0]["createdAt"]
		for _, c := range []struct {
			filter apitest.Object
			want   string
		}{
			{nil, "edcba"},
			{apitest.Object{}, "edcba"},
			{apitest.Object{"accountsReceivable": apitest.Object{"number": "ACR0000000020"}}, "ca"},
			{apitest.Object{"accountsReceivable": apitest.Object{"name": "John Field"}}, "b"},
			{apitest.Object{"accountsReceivable": apitest.Object{"name": "Alex Twin"}}, "ed"},
			{apitest.Object{"accountsReceivable": apitest.Object{"number": "acr0000000020"}}, ""},
			{apitest.Object{"accountsReceivable": apitest.Object{"number": "ACR0000000020 "}}, ""},
			{apitest.Object{"rewardsParticipant": apitest.Object{"number": "RP0000000019"}}, "c"},
			{apitest.Object{"rewardsParticipant": apitest.Object{"number": "RP0000000020"}}, ""},
			{apitest.Object{"performedByUnit": apitest.Object{"alternativeCode": "webshop"}}, "b"},
			{apitest.Object{"performedByUnit": apitest.Object{"id": "1"}}, "edca"},
			{apitest.Object{"classification": apitest.Object{"alternativeCode": "NL"}}, "a"},
			{apitest.Object{"classification": apitest.Object{"alternativeCode": "PP"}}, ""},
			{apitest.Object{"externalSystem": "shop"}, "cb"},
			{apitest.Object{"externalSystem": "shop "}, ""},
			{apitest.Object{"externalSystemReferenceNumber": "1"}, "db"},
			{apitest.Object{"externalSystem": "shop", "externalSystemReferenceNumber": "1"}, "b"},
			{apitest.Object{"performedFrom": "2020-01-02T00:00:00Z"}, "edcb"},
			{apitest.Object{"performedTo": "2020-01-02T00:00:00Z"}, "a"},
			{apitest.Object{
				"performedFrom": "2020-01-02T02:00:00+02:00",
				"performedTo":   "2020-01-04T00:00:00",
			}, "cb"},
			{apitest.Object{"createdFrom": created}, "edcba"},
			{apitest.Object{"createdTo": created}, ""},
			{apitest.Object{"createdFrom": "2000-01-01T00:00:00Z", "createdTo": "2001-01-01T00:00:00Z"}, ""},
			{apitest.Object{
				"accountsReceivable": apitest.Object{"number": "ACR0000000020"},
				"performedFrom":      "2020-01-02T00:00:00Z",
			}, "c"},
		} {
			got := ""
			for _, node := range s.Page(t, c.filter) {
				got += node["udfString1"].(string)
			}
			if got != c.want {
				t.Errorf("%v: %q, want %q", c.filter, got, c.want)
			}
		}
		const query = `query ($filter: WebCustomerEventFilter) { webCustomerEvents(filter: $filter) { ` +
			`nodes { id } } }`
		for code, filter := range map[string]apitest.Object{
			"BAD_REQUEST": {
				"rewardsParticipant": apitest.Object{
					"accessTokenIdentifier": apitest.Object{
						"authenticationCode": "demo-authentication-code",
					},
				},
			},
			"GRAPHQL_VALIDATION_FAILED": {"accountsReceivable": apitest.Object{
				"number": "ACR0000000020",
				"name":   "Maria Stone",
			}},
		} {
			if a := s.Post(t, query, apitest.Object{"filter": filter}); a.Code() != code {
				t.Errorf("%v: %s", filter, a.Text)
			}
		}
		a := s.Post(t, query,
			apitest.Object{"filter": apitest.Object{"performedFrom": "2020-02-30T00:00:00Z"}})
		if !slices.Contains([]string{"BAD_REQUEST", "GRAPHQL_VALIDATION_FAILED"}, a.Code()) {
			t.Errorf("a date that does not exist: %s", a.Text)
		}
		if diff := cmp.Diff(5, len(s.Page(t, nil))); diff != "" {
			t.Error(diff)
		}
	})
}
