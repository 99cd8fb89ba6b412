package events_test

import (
	"slices"
	"strings"
	"testing"

	"customer-events/models"
)

// token returns an event whose customer is identified by an access token.
func token(json string) eventJSON {
	return minimalEvent().forParticipant(`{"accessTokenIdentifier":` + json + `}`)
}

var tokenPath = []string{"rewardsParticipantIdentifier", "accessTokenIdentifier"}

func mustHaveTokenProblem(t *testing.T, json string, code models.Code, path ...string) {
	t.Helper()
	in := decode(t, token(json).String())
	mustHaveProblem(t, in, code, append(tokenPath[:2:2], path...)...)
	if in.Customer.Given || in.Customer.PassCode != "" || in.Customer.Target != (models.Reference{}) {
		t.Errorf("%s: read a customer", json)
	}
}

func mustReferTo(t *testing.T, json string, by models.Attribute, value, passCode string) {
	t.Helper()
	in := decode(t, token(json).String())
	mustBeValid(t, in)
	ref := in.Customer
	if !ref.Given || ref.Target != (models.Reference{Kind: models.AccessTokens, By: by, Value: value}) ||
		ref.PassCode != passCode {
		t.Errorf("%s: read another reference", json)
	}
	if len(ref.Path) != 3 || ref.Path[0] != tokenPath[0] || ref.Path[1] != tokenPath[1] {
		t.Errorf("%s: path %s", json, ref.Path)
	}
}

// invalidTexts are JSON values that are not valid as secrets.
var invalidTexts = append(slices.Clone(notTexts),
	`"a\u0000"`, "\"\xff\"", `"\ud800"`, `"`+strings.Repeat("x", 256)+`"`)

func TestDecodeToken_AuthenticationCode(t *testing.T) {
	t.Parallel()
	secrets := newHasher()
	mustReferTo(
		t,
		`{"authenticationCode":"code"}`,
		models.ByAuthenticationCode,
		string(secrets.AuthenticationCode("code")),
		"",
	)
	mustReferTo(
		t,
		`{"authenticationCode":" 007 "}`,
		models.ByAuthenticationCode,
		string(secrets.AuthenticationCode(" 007 ")),
		"",
	)
	for _, value := range invalidTexts {
		mustHaveTokenProblem(t, `{"authenticationCode":`+value+`}`, models.Invalid, "authenticationCode")
	}
	for _, value := range []string{"null", `""`, `" "`} {
		mustHaveTokenProblem(t, `{"authenticationCode":`+value+`}`, models.Mandatory, "authenticationCode")
	}
}

func TestDecodeToken_OneTimePassword(t *testing.T) {
	t.Parallel()
	for json, want := range map[string]string{
		`"073482"`:                  "073482",
		`73482`:                     "073482", // a number has no leading zeros
		`"73482"`:                   "73482",  // a text keeps its length
		`"000000"`:                  "000000",
		`0`:                         "000000",
		`123456`:                    "123456",
		`1234567`:                   "1234567",
		`"0"`:                       "0",
		`"12345678901234567890123"`: "12345678901234567890123",
	} {
		mustReferTo(
			t,
			`{"oneTimePassword":`+json+`}`,
			models.ByOneTimePassword,
			string(newHasher().OneTimePassword(want)),
			"",
		)
	}
	for _, value := range []string{
		`"07348x"`,
		`" 073482"`,
		`"073482 "`,
		`"-1"`,
		`"+1"`,
		`"1.0"`,
		`"٠٧٣٤٨٢"`,
		`-1`,
		`-0`,
		`1.0`,
		`7e4`,
		`73482.5`,
		`99999999999999999999`,
		"true",
		"false",
		"{}",
		"[]",
		`["073482"]`,
		`"1\u0000"`,
		"\"1\xff\"",
		`"` + strings.Repeat("1", 256) + `"`,
	} {
		mustHaveTokenProblem(t, `{"oneTimePassword":`+value+`}`, models.Invalid, "oneTimePassword")
	}
	for _, value := range []string{"null", `""`, `" "`} {
		mustHaveTokenProblem(t, `{"oneTimePassword":`+value+`}`, models.Mandatory, "oneTimePassword")
	}
	mustBeSyntaxError(t, token(`{"oneTimePassword":073482}`).String())
}

func TestDecodeToken_Credentials(t *testing.T) {
	t.Parallel()
	mustReferTo(
		t,
		`{"credentials":{"identifier":"maria@example.com","passCode":"4711"}}`,
		models.ByIdentifier,
		"maria@example.com",
		"4711",
	)
	mustReferTo(
		t,
		`{"credentials":{"passCode":" 0 ","identifier":" m "}}`,
		models.ByIdentifier,
		" m ",
		" 0 ",
	)
	for json, missing := range map[string]string{
		`{"identifier":"m"}`:                 "passCode",
		`{"passCode":"1"}`:                   "identifier",
		`{"identifier":"m","passCode":null}`: "passCode",
		`{"identifier":null,"passCode":"1"}`: "identifier",
		`{"identifier":"m","passCode":""}`:   "passCode",
		`{"identifier":" ","passCode":"1"}`:  "identifier",
	} {
		mustHaveTokenProblem(t, `{"credentials":`+json+`}`, models.Mandatory, "credentials", missing)
	}
	for _, value := range invalidTexts {
		mustHaveTokenProblem(
			t,
			`{"credentials":{"identifier":"m","passCode":`+value+`}}`,
			models.Invalid,
			"credentials",
			"passCode",
		)
		mustHaveTokenProblem(
			t,
			`{"credentials":{"identifier":`+value+`,"passCode":"1"}}`,
			models.Invalid,
			"credentials",
			"identifier",
		)
	}
	for _, value := range []string{`"m:4711"`, `7`, `[]`, `true`} {
		mustHaveTokenProblem(t, `{"credentials":`+value+`}`, models.Invalid, "credentials")
	}
	mustHaveTokenProblem(t, `{"credentials":null}`, models.Mandatory, "credentials")
	mustHaveTokenProblem(
		t,
		`{"credentials":{"identifier":"m","passCode":"1","pass":"2"}}`,
		models.Invalid,
		"credentials",
	)
	for _, twice := range []string{
		`"passCode":"1","passCode":"1"`,
		`"passCode":null,"passCode":"1"`,
		`"passCode":"1","passCode":null`,
	} {
		mustHaveTokenProblem(
			t,
			`{"credentials":{"identifier":"m",`+twice+`}}`,
			models.Invalid,
			"credentials",
			"passCode",
		)
	}
}

func TestDecodeToken_OneCredential(t *testing.T) {
	t.Parallel()
	mustHaveTokenProblem(t, `{}`, models.Mandatory)
	for _, json := range []string{
		`"code"`,
		`7`,
		`[]`,
		`true`,
		`{"colour":"red"}`,
		`{"authenticationCode":"a","oneTimePassword":1}`,
		`{"authenticationCode":"a","authenticationCode":"a"}`,
		`{"authenticationCode":null,"authenticationCode":"a"}`,
		`{"oneTimePassword":null,"authenticationCode":"a","credentials":{}}`,
		`{"authenticationCode":"a","colour":"red"}`,
		`{"credentials":{"identifier":"m","passCode":"1"},"oneTimePassword":"1"}`,
	} {
		mustHaveTokenProblem(t, json, models.Invalid)
	}
	mustHaveProblem(t, decode(t, token(`null`).String()), models.Mandatory, tokenPath...)
	for _, json := range []string{
		`{"number":"RP1","accessTokenIdentifier":{"oneTimePassword":1}}`,
		`{"accessTokenIdentifier":{"oneTimePassword":1},"number":"RP1"}`,
		`{"id":null,"number":"RP1","accessTokenIdentifier":{"oneTimePassword":null}}`,
	} {
		mustHaveProblem(
			t,
			decode(t, minimalEvent().forParticipant(json).String()),
			models.Invalid,
			tokenPath[0],
		)
	}
}

// TestDecodeToken_NullAlternatives has the objects that serialisers of typed languages write, with a null
// for every member that is not set.
func TestDecodeToken_NullAlternatives(t *testing.T) {
	t.Parallel()
	secrets := newHasher()
	mustReferTo(t, `{"authenticationCode":"code","credentials":null,"oneTimePassword":null}`,
		models.ByAuthenticationCode, string(secrets.AuthenticationCode("code")), "")
	mustReferTo(t, `{"authenticationCode":null,"credentials":null,"oneTimePassword":"073482"}`,
		models.ByOneTimePassword, string(secrets.OneTimePassword("073482")), "")
	mustReferTo(t, `{"oneTimePassword":null,"credentials":{"identifier":"m","passCode":"1"},`+
		`"authenticationCode":null}`, models.ByIdentifier, "m", "1")
	const none = `{"authenticationCode":null,"credentials":null,"oneTimePassword":null}`
	mustHaveTokenProblem(t, none, models.Mandatory)
	mustHaveTokenProblem(t, `{"authenticationCode":null,"credentials":{"identifier":"m","passCode":null}}`,
		models.Mandatory, "credentials", "passCode")
	for _, json := range []string{
		`{"id":null,"number":"RP1","accessTokenIdentifier":null}`,
		`{"accessTokenIdentifier":null,"number":"RP1"}`,
		`{"id":null,"number":null,"accessTokenIdentifier":{"authenticationCode":"code","oneTimePassword":null}}`,
	} {
		mustBeValid(t, decode(t, minimalEvent().forParticipant(json).String()))
	}
}
