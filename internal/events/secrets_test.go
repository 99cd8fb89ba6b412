package events_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"customer-events/internal/events"
)

// secretText and secretDigits must not appear in any problem. No message contains them by chance.
const secretText, secretDigits = "QUETZAL", "9182736455463728"

// eventsWithSecrets returns events with a secret, in its place or in a wrong place that a caller may choose
// by mistake.
func eventsWithSecrets() (list []string) {
	var values []string
	for _, v := range []string{
		`"§"`,
		`№`,
		`-№`,
		`№.5`,
		`1e-№`,
		`"№"`,
		`"§\u0000"`,
		`"§\ud800"`,
		"\"§\xff\"",
		`"` + strings.Repeat("§", 100) + `"`,
		`" § "`,
		`["§"]`,
		`[№]`,
		`{"§":1}`,
		`{"x":"§"}`,
		`{"§":{"§":["§"]}}`,
		`{"identifier":"§","passCode":"§"}`,
		`{"identifier":"§"}`,
		`{"passCode":"§"}`,
		`{"authenticationCode":"§"}`,
		`{"oneTimePassword":№}`,
	} {
		values = append(values, strings.NewReplacer("§", secretText, "№", secretDigits).Replace(v))
	}
	for _, value := range values {
		for _, member := range []string{
			"authenticationCode",
			"oneTimePassword",
			"credentials",
			"AuthenticationCode",
			"authentication_code",
			"one_time_password",
			"otp",
			"passCode",
			"pass_code",
			"identifier",
			secretText,
		} {
			list = append(
				list,
				token(`{"`+member+`":`+value+`}`).String(),
				token(`{"`+member+`":`+value+`,"`+member+`":`+value+`}`).String(),
				token(`{"authenticationCode":`+value+`,"`+member+`":`+value+`}`).String(),
				token(`{"credentials":{"`+member+`":`+value+`}}`).String(),
				token(`{"credentials":{"identifier":"m","`+member+`":`+value+`}}`).String(),
				token(
					`{"credentials":{"identifier":`+value+`,"passCode":`+value+`,"`+member+`":`+value+`}}`,
				).String(),
			)
			if member != secretText { // in these places the name of a member is no secret
				list = append(
					list,
					minimalEvent().forParticipant(`{"`+member+`":`+value+`}`).String(),
					minimalEvent().with(member, value).String(),
				)
			}
		}
		if !strings.HasPrefix(value, `{"`+secretText) {
			list = append(list, minimalEvent().forParticipant(value).String())
		}
		list = append(
			list,
			token(value).String(),
			minimalEvent().with("accessTokenIdentifier", value).String(),
			minimalEvent().with("token", value).String(),
			minimalEvent().with(
				"rewardsParticipantIdentifier",
				`{"accessTokenIdentifier":{"authenticationCode":`+value+`}}`,
			).String(),
			minimalEvent().forParticipant(
				`{"number":"1","accessTokenIdentifier":{"authenticationCode":`+value+`}}`,
			).String(),
		)
		if strings.ContainsAny(
			value[:1],
			"{[",
		) { // problems do not repeat objects in place of texts: they may contain anything
			list = append(
				list,
				minimalEvent().with("description", value).String(),
				minimalEvent().with("udfFloat1", value).String(),
				minimalEvent().with("performedOn", value).String(),
				minimalEvent().with("requestUniqueIdentifier", value).String(),
				minimalEvent().with("accountsReceivableIdentifier", `{"number":`+value+`}`).String(),
			)
		}
	}
	return list
}

func mustNotContainSecret(t *testing.T, text string, in events.WebCustomerEventInput) {
	t.Helper()
	for _, problem := range in.Problems {
		if shown := fmt.Sprint(problem, problem.Description()); strings.Contains(shown, secretText) ||
			strings.Contains(shown, secretDigits) ||
			strings.Contains(shown, secretDigits[:9]) {
			t.Errorf("%s: %s", text, shown)
		}
	}
}

func TestDecode_NoSecretsInProblems(t *testing.T) {
	t.Parallel()
	list := eventsWithSecrets()
	for _, text := range list {
		mustNotContainSecret(t, text, decode(t, text))
	}
	// The same in the other spelling, where some of these names are unknown and others known.
	d := newDecoder()
	d.FieldNames = events.SnakeCase
	for _, text := range list {
		for graphQL, wire := range map[string]string{
			"rewardsParticipantIdentifier": "rewards_participant_identifier",
			"accessTokenIdentifier":        "access_token_identifier",
			"authenticationCode":           "authentication_code",
			"oneTimePassword":              "one_time_password",
			"passCode":                     "pass_code",
		} {
			text = strings.ReplaceAll(text, `"`+graphQL+`"`, `"`+wire+`"`)
		}
		in, err := decodeWith(d, text)
		if err != nil {
			t.Fatal(err)
		}
		mustNotContainSecret(t, text, in)
	}
}

func TestDecode_HashesSecrets(t *testing.T) {
	t.Parallel()
	for _, json := range []string{
		`{"authenticationCode":"` + secretText + `"}`,
		`{"oneTimePassword":"` + secretDigits + `"}`,
		`{"oneTimePassword":` + secretDigits + `}`,
	} {
		in := decode(t, token(json).String())
		mustBeValid(t, in)
		if shown := fmt.Sprintf("%+v", in); strings.Contains(shown, secretText) ||
			strings.Contains(shown, secretDigits) {
			t.Errorf("%s: the secret is in the event: %s", json, shown)
		}
	}
}

func TestCreate_NoSecretsInProblems(t *testing.T) {
	t.Parallel()
	list := eventsWithSecrets()
	for len(list) > 0 {
		n := min(len(list), 500)
		texts := make([]string, n)
		// Some have an existing reference, or the request identifier of another event.
		for i, text := range list[:n] {
			texts[i] = strings.Replace(
				text,
				`"requestUniqueIdentifier":"06"`,
				fmt.Sprintf(
					`"externalSystem":"s","externalSystemReferenceNumber":"%d","requestUniqueIdentifier":"%d"`,
					i%3,
					i/2*2,
				),
				1,
			)
		}
		list = list[n:]
		s := newTestService(t)
		request := s.request(t, "")
		request.Events = decodeTexts(t, texts...)
		out, err := s.CreateWebCustomerEvents(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range out.UnprocessedCustomerEventsSet {
			shown, err := json.Marshal(u)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(shown), secretText) ||
				strings.Contains(string(shown), secretDigits[:9]) {
				t.Errorf("%s: %s", texts[u.Index], shown)
			}
		}
	}
}
