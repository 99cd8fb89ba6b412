package e2e

import (
	"strings"
	"testing"

	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

// TestWebAPI_TypedClients sends what serialisers of Java, .NET and Go write: a null or an empty text for
// each member that is not set, and dates with seven and nine decimals.
func TestWebAPI_TypedClients(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	event := func(request, customer, performedOn string) string {
		return `{"request_unique_identifier":"` + request + `",` + customer + `,
			"classification_identifier":{"id":null,"name":null,"alternative_code":"NL"},
			"performed_by_unit_identifier":{"id":null,"name":"Admin Unit","alternative_code":null},
			"performed_on":"` + performedOn + `","website":"www.crm.com","description":null,
			"external_system":"shop","external_system_reference_number":"` + request + `",
			"udf_string_1":null,"udf_float_1":null,"udf_date_1":null,"loyalty_points":null}`
	}
	const account = `"accounts_receivable_identifier":{"id":null,"number":"ACR0000000020","name":null},
		"rewards_participant_identifier":null`
	const token = `"accounts_receivable_identifier":null,"rewards_participant_identifier":
		{"id":null,"number":null,"access_token_identifier":
		{"authentication_code":null,"identifier":"maria@example.com","pass_code":"4711","one_time_password":null}}`
	for _, c := range []struct{ name, account, token, replayed string }{
		{"microseconds", "2026-01-01T00:00:00.123456", "2026-01-01T00:00:00.123456Z", "false"},
		{"Java", "2026-01-01T00:00:00.123456789", "2026-01-01T00:00:00.123456999Z", "true"},
		{".NET", "2026-01-01T00:00:00.1234567", "2026-01-01T02:00:00.1234567+02:00", "true"},
	} {
		for sent, header := range map[string][]string{"": {"Authorization", "Bearer " + s.Token}, s.Token: nil} {
			body := `"token":"` + sent + `","idempotency_key":"",` +
				`"organisation":null,"fields_set":"request_unique_identifier,replayed","web_customer_events_set":[` +
				event("a", account, c.account) + `,` + event("t", token, c.token) + `]`
			a := s.WebPost(t, apitest.WebCreatePath, strings.NewReader(`{`+body+`}`), header...)
			want := `"processed_customer_events_set":[{"request_unique_identifier":"a","replayed":` + c.replayed +
				`},{"request_unique_identifier":"t","replayed":` + c.replayed + `}]`
			if a.Status != 200 || !strings.Contains(a.Text, want) {
				t.Errorf("%s, headers %q: %d %s", c.name, header, a.Status, a.Text)
			}
			c.replayed = "true"
		}
	}
	const emptyToken = `{"token":"","web_customer_events_set":[]}`
	missing := s.WebPost(t, apitest.WebCreatePath, strings.NewReader(emptyToken))
	if missing.Status != 401 || !strings.Contains(missing.Text, "InvalidTokenException") {
		t.Errorf("an empty token and no header: %d %s", missing.Status, missing.Text)
	}
}
