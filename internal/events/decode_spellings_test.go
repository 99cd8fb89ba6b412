package events_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"customer-events/internal/events"
	"customer-events/models"
)

// fullEventPrefix is an event with every field but the customer, in GraphQL's spelling.
const fullEventPrefix = `{"requestUniqueIdentifier":"06",
"classificationIdentifier":{"alternativeCode":"NL"},
"performedByUnitIdentifier":{"alternativeCode":"adminunit"},
"performedOn":"2016-06-22T15:00:00","website":"www.crm.com","description":"d",
"externalSystem":"shop","externalSystemReferenceNumber":"1",
"udfString1":"1","udfString2":"2","udfString3":"3","udfString4":"4",
"udfString5":"5","udfString6":"6","udfString7":"7","udfString8":"8",
"udfFloat1":1,"udfFloat2":2,"udfFloat3":3,"udfFloat4":4,
"udfDate1":"2001-01-01T00:00:00","udfDate2":"2002-01-01T00:00:00",
"udfDate3":"2003-01-01T00:00:00","udfDate4":"2004-01-01T00:00:00",`

var snakeCaseNames = strings.NewReplacer(
	"requestUniqueIdentifier",
	"request_unique_identifier",
	"accountsReceivableIdentifier",
	"accounts_receivable_identifier",
	"rewardsParticipantIdentifier",
	"rewards_participant_identifier",
	"accessTokenIdentifier",
	"access_token_identifier",
	"authenticationCode",
	"authentication_code",
	"oneTimePassword",
	"one_time_password",
	"passCode",
	"pass_code",
	"classificationIdentifier",
	"classification_identifier",
	"alternativeCode",
	"alternative_code",
	"performedByUnitIdentifier",
	"performed_by_unit_identifier",
	"performedOn",
	"performed_on",
	"externalSystemReferenceNumber",
	"external_system_reference_number",
	"externalSystem",
	"external_system",
	"udfString",
	"udf_string_",
	"udfFloat",
	"udf_float_",
	"udfDate",
	"udf_date_",
)

func decodeSnakeCase(t *testing.T, text string) events.WebCustomerEventInput {
	t.Helper()
	d := newDecoder()
	d.FieldNames = events.SnakeCase
	in, err := decodeWith(d, text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return in
}

func TestSpellings_SameEvent(t *testing.T) {
	t.Parallel()
	paths := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Path" }, cmp.Ignore())
	const credentials = `"rewardsParticipantIdentifier":` +
		`{"accessTokenIdentifier":{"credentials":{"identifier":"m","passCode":"1"}}}}`
	const webAPICredentials = `"rewards_participant_identifier":` +
		`{"access_token_identifier":{"identifier":"m","pass_code":"1"}}}`
	for graphQL, wire := range map[string]string{
		`"accountsReceivableIdentifier":{"name":"Maria Stone"}}`:                               "",
		`"rewardsParticipantIdentifier":{"number":"RP0000000019"}}`:                            "",
		`"rewardsParticipantIdentifier":{"accessTokenIdentifier":{"authenticationCode":"c"}}}`: "",
		`"rewardsParticipantIdentifier":{"accessTokenIdentifier":{"oneTimePassword":73482}}}`:  "",
		credentials: webAPICredentials,
	} {
		if wire == "" {
			wire = snakeCaseNames.Replace(graphQL)
		}
		want := decode(t, fullEventPrefix+graphQL)
		got := decodeSnakeCase(t, snakeCaseNames.Replace(fullEventPrefix)+wire)
		mustBeValid(t, want)
		mustBeValid(t, got)
		if diff := cmp.Diff(want, got, paths); diff != "" {
			t.Errorf("%s: %s", graphQL, diff)
		}
		for _, path := range [][]string{want.Customer.Path, want.Classification.Path, want.Unit.Path} {
			if len(path) < 2 {
				t.Errorf("path %s", path)
			}
		}
	}
}

func TestSpellings_OtherFieldsAreUnknown(t *testing.T) {
	t.Parallel()
	in := decodeSnakeCase(t, `{"performedOn":"2016-06-22T15:00:00"}`)
	if len(in.Problems) == 0 || in.Problems[0].Code != models.Invalid ||
		in.Problems[0].Path[0] != "performedOn" {
		t.Errorf("problems %+v", in.Problems)
	}
}

func TestSpellings_Problems(t *testing.T) {
	t.Parallel()
	in := decodeSnakeCase(t, `{"classification_identifier":{"alternative_code":7},"udf_date_1":"x"}`)
	for _, problem := range in.Problems {
		text := problem.Description() + strings.Join(problem.Path, " ")
		isSeparator := func(r rune) bool { return strings.ContainsRune(" .:,(){}", r) }
		for _, word := range strings.FieldsFunc(text, isSeparator) {
			if strings.Contains(word, "Identifier") || strings.Contains(word, "alternativeCode") ||
				strings.Contains(word, "performedOn") ||
				strings.Contains(word, "udfDate") {
				t.Errorf("%s: %q has the other spelling", text, word)
			}
		}
	}
}

// In the Web API the pass code is a member beside the identifier, as in the seed's table of parameters.
func TestSpellings_WebAPIPassCode(t *testing.T) {
	t.Parallel()
	event := func(token string) string {
		return `{"request_unique_identifier":"1",` +
			`"rewards_participant_identifier":{"access_token_identifier":` + token + `},` +
			`"performed_by_unit_identifier":{"id":"1"},` +
			`"performed_on":"2016-06-22T15:00:00","website":"www.crm.com"}`
	}
	path := []string{"rewards_participant_identifier", "access_token_identifier"}
	for _, json := range []string{
		`{"identifier":"m","pass_code":"4711"}`,
		`{"pass_code":"4711","identifier":"m"}`,
	} {
		in := decodeSnakeCase(t, event(json))
		mustBeValid(t, in)
		if ref := in.Customer; !ref.Given ||
			ref.Target != (models.Reference{
				Kind:  models.AccessTokens,
				By:    models.ByIdentifier,
				Value: "m",
			}) ||
			ref.PassCode != "4711" {
			t.Errorf("%s: read %+v", json, ref)
		}
	}
	for json, want := range map[string]models.Problem{
		`{"identifier":"m"}`: {
			Code: models.Mandatory,
			Path: append(path[:2:2], "pass_code"),
		},
		`{"identifier":"m","pass_code":null}`: {
			Code: models.Mandatory,
			Path: append(path[:2:2], "pass_code"),
		},
		`{"identifier":"m","pass_code":" "}`: {
			Code: models.Mandatory,
			Path: append(path[:2:2], "pass_code"),
		},
		`{"identifier":"m","pass_code":4711}`: {
			Code: models.Invalid,
			Path: append(path[:2:2], "pass_code"),
		},
		`{"identifier":"m","pass_code":"1","pass_code":"1"}`: {
			Code: models.Invalid,
			Path: append(path[:2:2], "pass_code"),
		},
		`{"identifier":7,"pass_code":"1"}`: {
			Code: models.Invalid,
			Path: append(path[:2:2], "identifier"),
		},
		`{"identifier":null,"pass_code":"1"}`: {
			Code: models.Mandatory,
			Path: append(path[:2:2], "identifier"),
		},
		`{"pass_code":"1"}`: {Code: models.Mandatory, Path: path},
		`{"authentication_code":"a","pass_code":"1"}`: {
			Code: models.Invalid,
			Path: append(path[:2:2], "pass_code"),
		},
		`{"identifier":"m","pass_code":"1","credentials":{}}`:   {Code: models.Invalid, Path: path},
		`{"identifier":"m","pass_code":"1","passCode":"1"}`:     {Code: models.Invalid, Path: path},
		`{"identifier":"m","one_time_password":"1"}`:            {Code: models.Invalid, Path: path},
		`{"identifier":"m","identifier":"m","pass_code":"1"}`:   {Code: models.Invalid, Path: path},
		`{"credentials":{"identifier":"m","pass_code":"4711"}}`: {Code: models.Invalid, Path: path},
	} {
		in := decodeSnakeCase(t, event(json))
		mustHaveProblem(t, in, want.Code, want.Path...)
	}
	mustBeValid(t, decodeSnakeCase(t, event(`{"authentication_code":"a","pass_code":null}`)))
}

// In the Web API a null counts as absent wherever it is, also in a member that this version does not know.
func TestSpellings_WebAPINulls(t *testing.T) {
	t.Parallel()
	for _, customer := range []string{
		`"accounts_receivable_identifier":{"id":null,"number":"ACR1","name":null},` +
			`"rewards_participant_identifier":null`,
		`"rewards_participant_identifier":{"id":null,"number":"RP1","access_token_identifier":null}`,
		`"accounts_receivable_identifier":{"number":"ACR1","card_number":null}`,
		`"rewards_participant_identifier":{"id":null,"number":null,"access_token_identifier":` +
			`{"authentication_code":"a","identifier":null,"pass_code":null,"one_time_password":null,"card":null}}`,
		`"rewards_participant_identifier":{"access_token_identifier":` +
			`{"authentication_code":null,"identifier":"m","pass_code":"1","one_time_password":null}}`,
		`"rewards_participant_identifier":{"access_token_identifier":` +
			`{"pass_code":null,"one_time_password":73482,"identifier":null}}`,
	} {
		in := decodeSnakeCase(t, `{"request_unique_identifier":"1",`+customer+`,
			"classification_identifier":{"id":null,"name":null,"alternative_code":"NL"},
			"performed_by_unit_identifier":{"id":"1","name":null,"alternative_code":null},
			"performed_on":"2016-06-22T15:00:00","website":"www.crm.com","description":null,
			"external_system":null,"udf_float_1":null,"udf_date_1":null,"loyalty_points":null}`)
		mustBeValid(t, in)
		if !in.Customer.Given || !in.Classification.Given || !in.Unit.Given {
			t.Errorf("%s: read %+v", customer, in)
		}
	}
	in := decode(t, minimalEvent().with("loyaltyPoints", "null").String())
	mustHaveProblem(t, in, models.Invalid, "loyaltyPoints") // GraphQL has no unknown fields
}
