package graph_test

import (
	"strings"
	"testing"
)

// written returns an event as serialisers of typed languages write it: with a null for every member that is
// not set. customer has the members of accountsReceivableIdentifier.
func written(request, customer string) string {
	return `{"requestUniqueIdentifier":"` + request + `","accountsReceivableIdentifier":` + customer + `,
		"rewardsParticipantIdentifier":null,
		"classificationIdentifier":{"id":null,"name":null,"alternativeCode":"NL"},
		"performedByUnitIdentifier":{"id":"1","name":null,"alternativeCode":null},
		"performedOn":"2026-01-01T00:00:00.123456789Z","website":"www.crm.com","description":null,"udfFloat1":null,
		"externalSystem":null,"udfDate1":null}`
}

const byNumber = `{"id":null,"number":"ACR0000000020","name":null}`

// TestNulls_VariablesOfEvents sends the nulls of typed clients in every shape that variables can have.
func TestNulls_VariablesOfEvents(t *testing.T) {
	t.Parallel()
	const result = ` { processedCustomerEventsSet { requestUniqueIdentifier }
		unprocessedCustomerEventsSet { errorDescription } } }`
	const literal = `requestUniqueIdentifier: "r", performedByUnitIdentifier: {id: "1"},
		performedOn: "2026-01-01T00:00:00Z", website: "www.crm.com"`
	token := `{"number":null,"id":null,"accessTokenIdentifier":{` +
		`"authenticationCode":null,"oneTimePassword":null,` +
		`"credentials":{"identifier":"maria@example.com","passCode":"4711"}}}`
	for _, c := range []struct{ name, query, variables string }{
		{
			"the input",
			`mutation ($v: CreateWebCustomerEventsInput!) { createWebCustomerEvents(input: $v)`,
			`{"token":null,"idempotencyKey":null,"webCustomerEventsSet":[` + written("r", byNumber) + `]}`,
		},
		{
			"the input of zero values",
			`mutation ($v: CreateWebCustomerEventsInput!) { createWebCustomerEvents(input: $v)`,
			`{"token":"","idempotencyKey":"","webCustomerEventsSet":[` + written("r", byNumber) + `]}`,
		},
		{
			"the set",
			`mutation ($v: [WebCustomerEventInput!]!) { createWebCustomerEvents(input: {webCustomerEventsSet: $v})`,
			`[` + written("r", byNumber) + `]`,
		},
		{
			"an event",
			`mutation ($v: WebCustomerEventInput!) { createWebCustomerEvents(input: {webCustomerEventsSet: [$v]})`,
			written("r", byNumber),
		},
		{
			"an identifier",
			`mutation ($v: AccountsReceivableIdentifier!) { createWebCustomerEvents(input: {webCustomerEventsSet: [
				{accountsReceivableIdentifier: $v, ` + literal + `}]})`,
			byNumber,
		},
		{
			"an identifier with an access token",
			`mutation ($v: RewardsParticipantIdentifier) { createWebCustomerEvents(input: {webCustomerEventsSet: [
				{rewardsParticipantIdentifier: $v, ` + literal + `}]})`,
			token,
		},
		{
			"an access token",
			`mutation ($v: AccessTokenIdentifier!) { createWebCustomerEvents(input: {webCustomerEventsSet: [
				{rewardsParticipantIdentifier: {accessTokenIdentifier: $v}, ` + literal + `}]})`,
			`{"credentials":null,"oneTimePassword":"073482","authenticationCode":null}`,
		},
		{
			"an empty token and key",
			`mutation ($v: String) { createWebCustomerEvents(
				input: {token: $v, idempotencyKey: $v, webCustomerEventsSet: [
				{accountsReceivableIdentifier: {number: "ACR0000000020"}, ` + literal + `}]})`,
			`""`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t, nil)
			r := a.post(t, c.query+result, `{"v":`+c.variables+`}`)
			const want = `{"processedCustomerEventsSet":[{"requestUniqueIdentifier":"r"}],` +
				`"unprocessedCustomerEventsSet":[]}`
			if got := string(r.Data["createWebCustomerEvents"]); got != want {
				t.Errorf("%d %s", r.status, r.text)
			}
		})
	}
}

// TestNulls_VariablesOfQueries sends null members of the unions in the arguments of queries.
func TestNulls_VariablesOfQueries(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	if r := a.post(t, createQuery, set(1)); len(r.Errors) > 0 {
		t.Fatal(r.text)
	}
	for _, c := range []struct{ name, query, variables string }{
		{
			"by",
			`query ($v: WebCustomerEventBy!) { found: webCustomerEvent(by: $v) { number } }`,
			`{"id":null,"number":"1"}`,
		},
		{
			"by, a member",
			`query ($v: String!) { found: webCustomerEvent(by: {number: $v}) { number } }`,
			`"1"`,
		},
		{
			"a filter",
			`query ($v: WebCustomerEventFilter) { found: webCustomerEvents(filter: $v) { nodes { number } } }`,
			`{"accountsReceivable":` + byNumber + `,"performedByUnit":{"name":null,"alternativeCode":null,"id":"1"},
				"rewardsParticipant":null,"classification":null,"externalSystem":null,"performedFrom":null}`,
		},
		{
			"an identifier of a filter",
			`query ($v: AccountsReceivableIdentifier) {
				found: webCustomerEvents(filter: {accountsReceivable: $v}) { nodes { number } } }`,
			byNumber,
		},
	} {
		r := a.post(t, c.query, `{"v":`+c.variables+`}`)
		if !strings.Contains(string(r.Data["found"]), `{"number":"1"}`) {
			t.Errorf("%s: %s", c.name, r.text)
		}
	}
	const participant = `query ($v: WebCustomerEventFilter) {
		found: webCustomerEvents(filter: $v) { nodes { number } } }`
	r := a.post(t, participant,
		`{"v":{"rewardsParticipant":{"id":null,"number":"RP0000000019","accessTokenIdentifier":null}}}`)
	if string(r.Data["found"]) != `{"nodes":[]}` {
		t.Errorf("a participant of a filter: %s", r.text)
	}
}

// TestNulls_ErrorsNameTheMember checks that an error about a null names the member that is null. gqlparser
// names the first one of the type.
func TestNulls_ErrorsNameTheMember(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	const variable = `query ($v: WebCustomerEventBy!) { webCustomerEvent(by: $v) { id } }`
	const byMember = ` { webCustomerEvent(by: {number: $v}) { id } }`
	for _, c := range []struct{ name, query, variables, want, not string }{
		{"a literal", `{ webCustomerEvent(by: {number: null}) { id } }`, `{}`, "EventBy.number", "By.id"},
		{"another literal", `{ webCustomerEvent(by: {id: null}) { id } }`, `{}`, "EventBy.id", "number"},
		{
			"a filter's literal",
			`{ webCustomerEvents(filter: {performedByUnit: {alternativeCode: null}}) { nodes { id } } }`,
			`{}`, "UnitIdentifier.alternativeCode", "Identifier.id",
		},
		{
			"two literals",
			`{ a: webCustomerEvent(by: {id: null}) { id } b: webCustomerEvent(by: {number: null}) { id } }`,
			`{}`, "WebCustomerEventBy.number", "",
		},
		{
			"a default",
			`query ($v: WebCustomerEventBy! = {number: null}) { webCustomerEvent(by: $v) { id } }`,
			`{}`, "WebCustomerEventBy.number", "By.id",
		},
		{"a variable", variable, `{"v":{"number":null}}`, "variable.v.number must not be null", "id"},
		{"a variable of nulls", variable, `{"v":{"id":null,"number":null}}`, "id, number are null", ""},
		{"a member", `query ($v: String!)` + byMember, `{"v":null}`, "variable.v must not be null", ""},
		{"a nullable member", `query ($v: String)` + byMember, `{"v":null}`, `$v`, ""},
		{
			"a filter's variable",
			`query ($v: WebCustomerEventFilter) { webCustomerEvents(filter: $v) { nodes { id } } }`,
			`{"v":{"accountsReceivable":{"number":null}}}`,
			"variable.v.accountsReceivable.number must not be null", "",
		},
		{
			"a pass code",
			`query ($v: RewardsParticipantIdentifier) {
				webCustomerEvents(filter: {rewardsParticipant: $v}) { nodes { id } } }`,
			`{"v":{"accessTokenIdentifier":{"credentials":{"identifier":"a","passCode":null}}}}`,
			"variable.v.accessTokenIdentifier.credentials.passCode must not be null", "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := a.post(t, c.query, c.variables)
			messages := make([]string, len(r.Errors))
			for i, err := range r.Errors {
				messages[i] = err.Message
			}
			text := strings.Join(messages, "\n")
			if !strings.Contains(text, c.want) || c.not != "" && strings.Contains(text, c.not) {
				t.Errorf("%s, want %q", r.text, c.want)
			}
			if code := r.code(); code != "GRAPHQL_VALIDATION_FAILED" && code != "BAD_REQUEST" {
				t.Errorf("code %s", code)
			}
		})
	}
}

// TestNulls_LiteralsStayStrict checks that @oneOf applies to literals by the letter of the specification.
func TestNulls_LiteralsStayStrict(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	account := func(value string) string {
		return strings.Replace(createLiteral(``), `{number: "ACR0000000020"}`, value, 1)
	}
	for _, query := range []string{
		`{ webCustomerEvent(by: {id: null, number: "1"}) { id } }`,
		`{ webCustomerEvent(by: {number: "1", id: null}) { id } }`,
		`query ($n: String) { webCustomerEvent(by: {id: $n, number: "1"}) { id } }`,
		`query ($v: WebCustomerEventBy! = {id: null, number: "1"}) { webCustomerEvent(by: $v) { id } }`,
		`{ webCustomerEvents(filter: {performedByUnit: {id: "1", name: null}}) { nodes { id } } }`,
		account(`{id: null, number: "ACR0000000020"}`),
		account(`{number: "ACR0000000020", name: null}`),
		account(`{number: null}`),
		account(`{}`),
	} {
		r := a.post(t, query, "", "Accept", newMedia)
		if r.status != 400 || r.code() != "GRAPHQL_VALIDATION_FAILED" {
			t.Errorf("%s: %d %s", query, r.status, r.text)
		}
	}
	a.nothingStored(t, "literals with nulls")
}

// TestNulls_EmptyTokenAndKey checks that an empty value of the input does not differ from the header's.
func TestNulls_EmptyTokenAndKey(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	variables := `{"input":{"token":"","idempotencyKey":"","webCustomerEventsSet":[` + good("r") + `}]}}`
	for _, want := range []string{`"replayed":0`, `"replayed":1`} {
		r := a.post(t, `mutation ($input: CreateWebCustomerEventsInput!) {
			createWebCustomerEvents(input: $input) { summary { replayed } } }`, variables, "Idempotency-Key", "k")
		if !strings.Contains(r.text, want) {
			t.Errorf("%s, want %s: the header's key counts", r.text, want)
		}
	}
	a.token = "" // no header either
	if r := a.post(t, createQuery, variables); r.code() != "UNAUTHENTICATED" || r.status != 401 {
		t.Errorf("%d %s", r.status, r.text)
	}
}
