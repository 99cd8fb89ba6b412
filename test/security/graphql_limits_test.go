package security

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"customer-events/test/apitest"
)

// aliased returns n selections, each with its own alias.
func aliased(n int, selection string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " a%d: %s", i, selection)
	}
	return b.String()
}

func attackAliases(a *attackRun) {
	const login, check = `login(input: {username: "demo", password: "x"}) { token }`,
		`checkWebCustomerEvents(input: {webCustomerEventsSet: []}) { acceptable }`
	for _, n := range []int{31, 100, 1000, 5000} {
		a.mustReject(`{` + aliased(n, `limits { maxPageSize }`) + `}`)
		a.mustReject(`{` + aliased(n, `__typename`) + `}`)
		a.mustReject(`mutation {` + aliased(n, login) + `}`)
		a.mustReject(`{` + aliased(n, check) + `}`)
		a.mustReject(`{ ...f } fragment f on Query {` + aliased(n, `__typename`) + `}`)
		a.mustReject(`{ limits {` + aliased(n, `maxPageSize`) + `} }`)
	}
	for n := 2; n <= 30; n++ {
		a.mustReject(`mutation {` + aliased(n, login) + `}`)
		a.mustReject(`mutation {` + aliased(n, `logout`) + `}`)
		a.mustReject(`{` + aliased(n+1, `webCustomerEvents(first: 500) { nodes { id } }`) + `}`)
	}
	events := `{"input":{"webCustomerEventsSet":[` + strings.Repeat(`{},`, 599) + `{}]}}`
	for n := 2; n <= 30; n++ {
		status, text := a.post("/graphql", `{"query":`+
			jsonText(`query ($input: CreateWebCustomerEventsInput!) {`+
				aliased(n, `checkWebCustomerEvents(input: $input) { acceptable }`)+`}`)+`,"variables":`+
			events+
			`}`)
		a.check(status == http.StatusBadRequest && strings.Contains(text, "TOO_MANY_EVENTS"),
			"%d aliases of 600 events: %d %.300s", n, status, text)
	}
}

func attackDirectives(a *attackRun) {
	for _, n := range []int{2, 10, 31, 1000, 5000} {
		for _, directive := range []string{
			`@a`, `@skip(if: false)`, `@include(if: true)`, `@deprecated`, `@oneOf`,
			`@specifiedBy(url: "x")`,
		} {
			a.mustReject(`{ limits { maxPageSize ` + strings.Repeat(directive+" ", n) + `} }`)
			a.mustReject(`query q ` + strings.Repeat(directive+" ", n) + `{ limits { maxPageSize } }`)
			a.mustReject(`query ($v: Int ` + strings.Repeat(directive+" ", n) +
				`) { webCustomerEvents(first: $v) { nodes { id } } }`)
		}
	}
}

func attackTokens(a *attackRun) {
	for _, n := range []int{1000, 5000} {
		for _, query := range []string{
			`{ ` + strings.Repeat(`limits `, n) + `}`,
			`{` + strings.Repeat(` limits { maxPageSize }`, n) + `}`,
			`{` + strings.Repeat(` nonsense`, n) + `}`,
			`{ ` + strings.Repeat(`... on Query { limits { maxPageSize } } `, n) + `}`,
			`{ webCustomerEvents(first: [` + strings.Repeat("1 ", n) + `]) { nodes { id } } }`,
			`{ webCustomerEvents(filter: {` + strings.Repeat(`externalSystem: "x" `, n) +
				`}) { nodes { id } } }`,
			`query (` + strings.Repeat(`$x: Int `, n) + `) { limits { maxPageSize } }`,
			`{ a` + strings.Repeat("a", 20*n) + ` }`,
			`{ limits(x: "` + strings.Repeat("x", 20*n) + `") { maxPageSize } }`,
			`{ limits { maxPageSize } } ` + strings.Repeat("#", 20*n),
			strings.Repeat(" ", 20*n) + `{ limits { maxPageSize } }`,
			`{ limits(x: """` + strings.Repeat("x\n", 10*n) + `""") { maxPageSize } }`,
			`{ webCustomerEvents(first: ` + strings.Repeat("9", 20*n) + `) { nodes { id } } }`,
		} {
			a.mustReject(query)
		}
	}
	for _, bad := range []string{"1e400", "-1e999999999", "1e-400", "-0.0e-400x"} {
		a.mustReject(`{ checkWebCustomerEvents(input: {webCustomerEventsSet: [{requestUniqueIdentifier: ` +
			`"1", ` +
			`accountsReceivableIdentifier: {number: "ACR0000000020"}, performedByUnitIdentifier: {id: ` +
			`"1"}, performedOn: "2020-01-01T00:00:00Z", website: "x", udfFloat1: ` + bad +
			`}]}) { acceptable } }`)
	}
}

func attackNesting(a *attackRun) {
	for _, n := range []int{21, 100, 1000, 7000} {
		for _, query := range []string{
			strings.Repeat(`{ nodes `, n) + strings.Repeat(`}`, n),
			`{ webCustomerEvents(filter: ` + strings.Repeat(`{a: `, n) + `1` + strings.Repeat(`}`, n) +
				`) { nodes { id } } }`,
			`{ webCustomerEvents(filter: ` + strings.Repeat(`[`, n) +
				strings.Repeat(`]`, n) + `) { nodes { id } } }`,
			`query ($x: ` + strings.Repeat(`[`, n) + `Int` + strings.Repeat(`]`, n) +
				`) { limits { maxPageSize } }`,
			`{` + strings.Repeat(` ... {`, n) + ` limits { maxPageSize }` + strings.Repeat(`}`, n) + `}`,
			`{` + strings.Repeat(` ... on Query {`, n) + ` __typename` + strings.Repeat(`}`, n) + `}`,
			strings.Repeat(`{`, n),
			strings.Repeat(`{ a(`, n),
		} {
			a.mustReject(query)
		}
	}
	ring := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, ` fragment f%d on Query { ...f%d }`, i, (i+1)%n)
		}
		return `{ ...f0 }` + b.String()
	}
	for _, n := range []int{1, 2, 3, 10, 100, 150, 1000} {
		a.mustReject(ring(n))
	}
	// each fragment spreads the next one twice; the last selects an unknown field
	for _, n := range []int{10, 30, 100} {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, ` fragment f%d on Query { ...f%d ...f%d }`, i, i+1, i+1)
		}
		a.mustReject(`{ ...f0 }` + b.String() + fmt.Sprintf(` fragment f%d on Query { nonsense }`, n))
	}
	start := time.Now()
	for range 50 {
		// within the limits
		a.query(`{` + strings.Repeat(` ... on Query { limits { maxPageSize maxBodyBytes } }`, 60) + `}`)
	}
	a.check(time.Since(start) < 2*apitest.MaxLatency, "50 queries at the bounds take %s", time.Since(start))
}
