package security

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"customer-events/test/apitest"
)

// injections are texts that have compromised databases, shells and interpreters.
var injections = []string{
	`'`,
	`''`,
	`"`,
	"`",
	`\`,
	`\'`,
	`' OR '1'='1`,
	`' OR 1=1 -- `,
	`" OR ""="`,
	`') OR ('1'='1`,
	`1 OR 1=1`,
	`1; DROP TABLE units`,
	`'; DROP TABLE web_customer_events; -- `,
	`' UNION SELECT name, password_hash FROM api_users -- `,
	`x' AND SLEEP(6) -- `,
	`x' AND (SELECT 1 FROM (SELECT SLEEP(6)) a) -- `,
	`'||(SELECT randomblob(1000000000))||'`,
	`x' AND BENCHMARK(1000000000, MD5(1)) -- `,
	`' INTO OUTFILE '/var/x' -- `,
	`LOAD_FILE('/etc/passwd')`,
	`0x27204f5220313d31`,
	"\u02bc OR 1=1",
	"\uff07 OR 1=1 --",
	"\xbf' OR 1=1 -- ",
	`%' OR 1=1 -- `,
	`_`,
	`%`,
	`ACR000000002_`,
	`ACR%`,
	`ACR0000000020' -- `,
	`ACR0000000020'/*`,
	`?`,
	`:1`,
	`$1`,
	`@@version`,
	`{{7*7}}`,
	`${7*7}`,
	`#{7*7}`,
	"$(sleep 6)",
	"`sleep 6`",
	`; sleep 6`,
	`| sleep 6`,
	`*)(uid=*))(|(uid=*`,
	`%s%s%s%n`,
	`/* */`,
	`CHAR(39)`,
	`ATTACH DATABASE 'x' AS y`,
	`PRAGMA writable_schema=1`,
}

// identifiers are all identifiers of records, with INJECTION as the value.
var identifiers = []string{
	`"accountsReceivableIdentifier":{"number":INJECTION}`,
	`"accountsReceivableIdentifier":{"id":INJECTION}`,
	`"accountsReceivableIdentifier":{"name":INJECTION}`,
	`"rewardsParticipantIdentifier":{"id":INJECTION}`,
	`"rewardsParticipantIdentifier":{"number":INJECTION}`,
	`"rewardsParticipantIdentifier":{"accessTokenIdentifier":{"authenticationCode":INJECTION}}`,
	`"rewardsParticipantIdentifier":{"accessTokenIdentifier":{"oneTimePassword":INJECTION}}`,
	`"rewardsParticipantIdentifier":{"accessTokenIdentifier":{"credentials":{"identifier":INJECTION,` +
		`"passCode":INJECTION}}}`,
	`"performedByUnitIdentifier":{"id":INJECTION}`,
	`"performedByUnitIdentifier":{"name":INJECTION}`,
	`"performedByUnitIdentifier":{"alternativeCode":INJECTION}`,
	`"classificationIdentifier":{"id":INJECTION}`,
	`"classificationIdentifier":{"name":INJECTION}`,
	`"classificationIdentifier":{"alternativeCode":INJECTION}`,
}

// injected returns an event with a value in one of its members.
func injected(i int, member, value string) string {
	event := fmt.Sprintf(
		`{"requestUniqueIdentifier":"%d","performedOn":"2020-01-01T00:00:00Z","website":"www.crm.com",`, i) +
		strings.ReplaceAll(member, "INJECTION", value)
	if !strings.Contains(member, "accounts") && !strings.Contains(member, "rewards") {
		event += `,"accountsReceivableIdentifier":{"number":"ACR0000000020"}`
	}
	if !strings.Contains(member, "performedByUnit") {
		event += `,"performedByUnitIdentifier":{"id":"1"}`
	}
	return event + "}"
}

// callWith posts events through one protocol. It returns the response and the number of processed events.
func (a *attackRun) callWith(web bool, events []string) (status int, text string, processed int) {
	list := "[" + strings.Join(events, ",") + "]"
	if web {
		names := []string{
			"requestUniqueIdentifier", "performedOn", "accountsReceivableIdentifier",
			"rewardsParticipantIdentifier", "accessTokenIdentifier", "authenticationCode", "oneTimePassword",
			"passCode", "performedByUnitIdentifier", "alternativeCode", "classificationIdentifier",
			"externalSystemReferenceNumber", "externalSystem", "udfString1", "udfString8", "udfFloat1",
			"udfDate1",
		}
		for _, name := range names {
			list = strings.ReplaceAll(list, `"`+name+`"`, `"`+apitest.WireName(name)+`"`)
		}
		status, text = a.post("/crmapi/rest/v2/"+apitest.WebCreatePath, `{"token":"`+a.Token+
			`","web_customer_events_set":`+list+`}`)
		return status, text, strings.Count(text, `"id":"`)
	}
	status, text = a.post("/graphql", `{"query":`+jsonText(apitest.CreateQuery)+
		`,"variables":{"input":{"webCustomerEventsSet":`+list+`}}}`)
	return status, text, strings.Count(text, `"replayed":false`)
}

func attackSQL(a *attackRun) {
	for _, web := range []bool{false, true} {
		for _, member := range identifiers {
			var events []string
			for i, text := range injections {
				events = append(events, injected(i, member, quotedRaw(text)))
			}
			if strings.Contains(member, "accessToken") && len(events) > 10 {
				events = events[:10] // further guesses would exceed the limit of failed attempts
			}
			status, text, processed := a.callWith(web, events)
			a.attempts += len(events) - 1
			a.check(status == http.StatusOK && processed == 0, "%s: %d, %d processed: %.600s", member,
				status,
				processed, text)
		}
	}
	for _, field := range []string{
		"description", "externalSystem", "externalSystemReferenceNumber", "udfString1", "udfString8",
	} {
		for _, web := range []bool{false, true} {
			var events []string
			for i, text := range injections {
				events = append(events, injected(i, `"`+field+`":`+quotedRaw(text)+
					`,"accountsReceivableIdentifier":{"number":"ACR0000000020"}`, ""))
			}
			status, text, processed := a.callWith(web, events)
			a.attempts += len(events) - 1
			// one text is not UTF-8
			a.check(status == http.StatusOK && processed == len(events)-1, "%s: %d, %d processed: %.600s",
				field, status, processed, text)
		}
	}
	for _, text := range injections {
		value := quotedRaw(text)
		for _, filter := range []string{
			`{"externalSystem":INJECTION,"externalSystemReferenceNumber":"none"}`,
			`{"accountsReceivable":{"number":INJECTION}}`,
			`{"accountsReceivable":{"name":INJECTION}}`,
			`{"performedByUnit":{"alternativeCode":INJECTION}}`,
			`{"classification":{"name":INJECTION}}`,
			`{"rewardsParticipant":{"id":INJECTION}}`,
			`{"performedFrom":INJECTION}`,
		} {
			status, answer := a.post("/graphql", `{"query":"query ($f: WebCustomerEventFilter, $a: String) `+
				`{ webCustomerEvents(filter: $f) { nodes { id } } after: webCustomerEvents(after: $a) { `+
				`nodes { id } } }","variables":{"f":`+strings.ReplaceAll(filter, "INJECTION", value)+`,"a":`+
				value+`}}`)
			a.check(status < 500 && !strings.Contains(answer, `{"id"`), "%s %s: %d %.300s", filter, value,
				status, answer)
		}
		for _, by := range []string{"id", "number"} {
			status, answer := a.post("/graphql", `{"query":"query ($v: WebCustomerEventBy!) { `+
				`webCustomerEvent(by: $v) { id } }","variables":{"v":{"`+by+`":`+value+`}}}`)
			a.check(status < 500 && !strings.Contains(answer, `{"id"`), "%s %s: %d %.300s", by, value,
				status,
				answer)
		}
	}
	logins := 8
	if *attackInFull {
		logins = 40 // a hundred failures lock the address
	}
	for _, text := range injections[:logins] {
		value := quotedRaw(text)
		status, answer := a.post("/crmapi/rest/v2/authentication/token", `{"username":`+value+`,"password":`+
			value+`}`)
		a.check(status < 500 && !strings.Contains(answer, `"token":"`), "login %s: %d %s", value, status,
			answer)
		if !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' }) {
			status, answer = a.post("/graphql", `{"query":`+jsonText(apitest.CreateQuery)+
				`,"variables":{"input":{"webCustomerEventsSet":[]}}}`, "Idempotency-Key", text)
			a.check(status < 500, "key %s: %d %s", value, status, answer)
		}
	}
	var seen struct {
		Data struct {
			WebCustomerEvents struct{ Nodes []apitest.Object }
		}
	}
	_, text := a.query(`{ webCustomerEvents(first: 1) { nodes { accountsReceivable { number } ` +
		`performedByUnit { name } } } }`)
	err := json.Unmarshal([]byte(text), &seen)
	a.check(err == nil && len(seen.Data.WebCustomerEvents.Nodes) == 1 &&
		strings.Contains(text, "Admin Unit"),
		"the tables are there: %s", text)
}

// quotedRaw returns a text as a JSON string that keeps invalid UTF-8.
func quotedRaw(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}
