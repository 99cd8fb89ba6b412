package graph_test

import (
	"strings"
	"testing"
)

// TestLiterals_InexactValues checks that a literal without an exact value is rejected in every position.
func TestLiterals_InexactValues(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	for _, number := range []string{
		"1e-400",
		"-1e-400",
		"1e400",
		"-1e400",
		"0.00001e-320",
		"1e99999999999999999999",
		"1e-99999999999999999999",
		strings.Repeat("9", 400),
		"-" + strings.Repeat("9", 400),
	} {
		t.Run(number, func(t *testing.T) {
			for place, query := range map[string]string{
				"a literal": createLiteral(`udfFloat1: ` + number),
				"a default": `mutation ($f: Float = ` + number +
					`) { createWebCustomerEvents(input: {webCustomerEventsSet: [` +
					literal(`udfFloat1: $f`) + `]})` + createdFields + `}`,
				"a default that is not used": `query q ($f: Float = ` + number +
					`) { limits { maxPageSize } } ` + createLiteral(``),
				"a default list": `mutation ($e: [WebCustomerEventInput!]! = [` +
					literal(`udfFloat1: `+number) +
					`]) { createWebCustomerEvents(input: {webCustomerEventsSet: $e})` + createdFields + `}`,
				"a default input": `mutation ($i: CreateWebCustomerEventsInput! = ` +
					`{webCustomerEventsSet: ` + literal(`udfFloat1: `+number) +
					`}) { createWebCustomerEvents(input: $i)` + createdFields + `}`,
				"a directive": createLiteral(``)[:len(createLiteral(``))-1] +
					` a: __typename @skip(if: ` + number + `) }`,
				"a fragment": `mutation { ...f } fragment f on Mutation { ` +
					`createWebCustomerEvents(input: {webCustomerEventsSet: [` +
					literal(`udfFloat1: `+number) + `]})` + createdFields + `}`,
				"a default that is given": `mutation ($f: Float = ` + number +
					`) { createWebCustomerEvents(input: {webCustomerEventsSet: [` +
					literal(`udfFloat1: $f`) + `]})` + createdFields + `}`,
			} {
				t.Run(place, func(t *testing.T) {
					if r := a.post(t, query, `{"f":1}`, "Accept", newMedia); r.status != 400 ||
						r.code() != "GRAPHQL_VALIDATION_FAILED" || r.Data != nil ||
						strings.Contains(r.text, number) {
						t.Errorf("%s: %s: %d %.300s", place, query, r.status, r.text)
					}
				})
			}
		})
	}
	for _, query := range []string{
		`{ webCustomerEvents(first: 9223372036854775808) { nodes { id } } }`,
		`query ($f: Int = 12345678901234567890) { webCustomerEvents(first: $f) { nodes { id } } }`,
		`{ webCustomerEvent(by: {id: 98765432109876543210}) { id } }`,
		strings.Replace(createLiteral(``), `accountsReceivableIdentifier: {number: "ACR0000000020"}`,
			`rewardsParticipantIdentifier: {accessTokenIdentifier: {oneTimePassword: 98765432109876543210}}`,
			1),
		createLiteral(`description: 98765432109876543210`),
		createLiteral(`udfDate1: 98765432109876543210`),
		createLiteral(`description: """a"""""`),
	} {
		t.Run(query, func(t *testing.T) {
			if r := a.post(t, query, "", "Accept", newMedia); r.status != 400 || r.Data != nil ||
				strings.Contains(r.text, "9876543210") {
				t.Errorf("%s: %d %s", query, r.status, r.text)
			}
		})
	}
	a.nothingStored(t, "inexact literals")
}
