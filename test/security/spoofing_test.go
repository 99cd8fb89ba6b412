package security

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"unicode"

	"customer-events/test/apitest"
)

func attackObjects(a *attackRun) {
	for _, web := range []bool{false, true} {
		for _, value := range []string{
			`{"$gt":""}`, `{"$ne":null}`, `{"$regex":".*"}`, `{"$where":"1"}`, `["ACR0000000020"]`, `[]`,
			`{}`, `true`, `false`, `0`, `-1`, `1.5`, `{"__proto__":{"x":1}}`, `{"toString":"x"}`,
			`[["ACR0000000020"]]`, `{"number":"ACR0000000020"}`, `null`,
		} {
			var events []string
			for i, member := range identifiers {
				// digits are a valid password
				if !(strings.Contains(member, "oneTimePassword") && (value == "0" || value == "-1")) {
					events = append(events, injected(i, member, value))
				}
			}
			for _, field := range []string{
				"website", "requestUniqueIdentifier", "performedOn", "description", "externalSystem",
				"udfString1", "udfDate1",
			} {
				if value != "null" {
					events = append(events, strings.Replace(injected(len(events), `"x":1`, ""), `"x":1`,
						`"`+field+`":`+value, 1))
				}
			}
			status, text, processed := a.callWith(web, events)
			a.attempts += len(events) - 1
			a.check(status == http.StatusOK && processed == 0, "%s: %d, %d processed: %.600s", value, status,
				processed, text)
		}
		// Fields that only the server sets.
		for _, field := range []string{
			"id", "number", "createdBy", "createdAt", "type", "lifeCycleState", "created_by", "__typename",
			"__proto__", "constructor",
		} {
			_, text, processed := a.callWith(web,
				[]string{injected(0,
					`"`+field+`":"1","accountsReceivableIdentifier":{"number":"ACR0000000020"}`, "")})
			a.check(processed == 0, "%s: %s", field, text)
		}
	}
}

// attackLookalikes sends identifiers that look or sort like existing ones. They must not match.
func attackLookalikes(a *attackRun) {
	for _, web := range []bool{false, true} {
		var events []string
		for _, text := range []string{
			"acr0000000020", "ACR0000000020 ", " ACR0000000020", "ACR0000000020\u00a0", "ÀCR0000000020",
			"АCR0000000020", "ＡCR0000000020", "ACR\u200b0000000020", "ACR0000000020\u0301",
			"\ufeffACR0000000020", "ACR0000000020\u202e", "ACR0000000020\\u0000", "ACR00000000２0",
			"AСR0000000020", "ACR0000000020\u2066\u2069", "A\u034fCR0000000020",
		} {
			events = append(events, injected(len(events), identifiers[0], `"`+text+`"`))
		}
		for _, text := range []string{
			"admin unit", "ADMIN UNIT", "Admin  Unit", "Admin Unit ", "Ádmin Unit", "Admin\u00a0Unit",
			"Admin\u2028Unit", "Αdmin Unit",
		} {
			events = append(events, injected(len(events), identifiers[9], `"`+text+`"`))
		}
		_, text, processed := a.callWith(web, events)
		a.attempts += len(events) - 1
		a.check(processed == 0, "%d processed: %.600s", processed, text)
		apitest.MustBePrintable(a.t, text)
	}
}

// attackLog checks that no input forges a line of the log or controls a terminal.
func attackLog(a *attackRun) {
	forged := `{"time":"2026-01-01T00:00:00Z","level":"ERROR","msg":"forged"}`
	evil := []string{
		"x\\n" + strings.ReplaceAll(forged, `"`, `\"`),
		`\u001b[2J\u001b]0;forged\u0007`,
		`\u202eforged\u2066`,
		`\u0085forged`,
		`\u2028forged`,
		`\",\"msg\":\"forged`,
		`\u0000forged`,
		`\b\b\b\bforged`,
	}
	for _, text := range evil {
		var value string
		_ = json.Unmarshal([]byte(`"`+text+`"`), &value)
		for _, body := range []string{
			`{"query":"mutation ($u: String!) { login(input: {username: $u, ` +
				`password: $u}) { token } }","variables":{"u":"` + text + `"}}`,
			`{"query":"{ limits { maxPageSize } }","operationName":"` + text + `"}`,
			`{"query":"` + text + `"}`,
			`{"` + text + `":1}`,
			`{"query":"query ($x: Int) { limits { maxPageSize } }","variables":{"` + text + `":1}}`,
			`{"query":"mutation ($i: CreateWebCustomerEventsInput!) { createWebCustomerEvents(input: $i) ` +
				`{ summary { received } } }","variables":{"i":{"` + text + `":1}}}`,
		} {
			status, answer := a.post("/graphql", body)
			a.check(status > 0, "%s", body)
			apitest.MustBePrintable(a.t, answer)
		}
		_, answer, _ := a.callWith(false, []string{
			injected(0, identifiers[0], `"`+text+`"`),
			injected(1, identifiers[9], `"`+text+`"`),
			injected(2, `"`+text+`":1`, ""),
		})
		apitest.MustBePrintable(a.t, answer)
		status, _, _ := a.Do(a.t, http.MethodGet, "/"+strings.NewReplacer("%",
			"%25").Replace(percent(value)), nil)
		a.check(status == http.StatusNotFound || status == http.StatusBadRequest, "%q: %d", value, status)
		status, _, _ = a.Do(a.t, http.MethodGet, "/"+percent(value), nil)
		a.check(status >= 300, "%q: %d", value, status)
	}
	for _, name := range []string{
		"X-Request-Id", "User-Agent", "Idempotency-Key", "Authorization", "X-Forwarded-For", "Referer",
		"Origin", "Content-Type",
	} {
		for _, value := range []string{forged, "forged\u202e", "forged\x1b[2J", "forged\r", "forged\x00"} {
			a.attempts += 2 // the log is checked below
			a.raw(fmt.Sprintf("POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\n%s: %s\r\nContent-Length: "+
				"2\r\nConnection: close\r\n\r\n{}", name, value))
			a.raw(fmt.Sprintf("POST /forged HTTP/1.1\r\nHost: 127.0.0.1 %s\r\n%s: x\r\n\r\n", value, name))
		}
	}
	for line := range strings.Lines(a.Log.String()) {
		var entry struct{ Msg string }
		err := json.Unmarshal([]byte(line), &entry)
		clean := !strings.ContainsFunc(strings.TrimSuffix(line, "\n"), func(r rune) bool {
			return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == 0x2028 || r == 0x2029
		})
		if err != nil || !clean || entry.Msg == "forged" {
			a.check(false, "a line of the log: %.300q", line)
		}
	}
}

// percent percent-encodes every byte of a text.
func percent(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		fmt.Fprintf(&b, "%%%02x", c)
	}
	return b.String()
}
