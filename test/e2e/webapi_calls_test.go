package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"customer-events/internal/crmapi"
	"customer-events/internal/store/storetest"
	"customer-events/models"
	"customer-events/test/apitest"
)

// TestWebAPI_InvalidEvents checks that each invalid event is answered separately, with the names of the
// Web API.
func TestWebAPI_InvalidEvents(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	bearer := []string{"Authorization", "Bearer " + s.Token}
	set := strings.Join([]string{
		strings.Replace(apitest.WebEvent("6"), `"6"`, `6`, 1) + "}",
		apitest.WebEvent("date") + `,"udf_date_1":20160622}`,
		apitest.WebEvent("float") + `,"udf_float_1":"1.5"}`,
		apitest.WebEvent("text") + `,"udf_string_1":5}`,
		apitest.WebEvent("unknown") + `,"udfString1":"x"}`,
		"null",
		apitest.WebEvent("first") + `,"udf_float_1":15e-1,"udf_date_1":"2016-06-22T15:00:00"}`,
		apitest.WebEvent("two") + `,"rewards_participant_identifier":{"number":"RP0000000019"}}`,
		apitest.WebEvent("last") + `,"external_system":"shop","external_system_reference_number":"1"}`,
	}, ",")
	a := s.WebPost(t, apitest.WebCreatePath,
		strings.NewReader(`{"fields_set":"processed_customer_events_set, request_unique_identifier",`+
			`"web_customer_events_set":[`+set+`]}`), bearer...)
	if want := `{"processed_customer_events_set":[{"request_unique_identifier":"first"},` +
		`{"request_unique_identifier":"last"}]}`; !strings.HasPrefix(a.Text, `{"data":`+want) {
		t.Errorf("%d %s", a.Status, a.Text)
	}
	a = s.WebPost(t, apitest.WebCreatePath,
		strings.NewReader(`{"fields_set":"index,request_unique_identifier,problems,replayed",`+
			`"web_customer_events_set":[`+set+`]}`), bearer...)
	var answer struct {
		Data struct {
			Processed   []apitest.Object `json:"processed_customer_events_set"`
			Unprocessed []struct {
				Request  *string `json:"request_unique_identifier"`
				Index    int
				Problems []struct {
					Path []string
					Code string `json:"error_code"`
					Text string `json:"error_description"`
				}
			} `json:"unprocessed_customer_events_set"`
		}
	}
	if err := json.Unmarshal([]byte(a.Text), &answer); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]apitest.Object{
		{"request_unique_identifier": "first", "index": 6., "replayed": false},
		{"request_unique_identifier": "last", "index": 8., "replayed": true},
	}, answer.Data.Processed); diff != "" {
		t.Error(diff)
	}
	var got []string
	for _, u := range answer.Data.Unprocessed {
		name := "null"
		if u.Request != nil {
			name = *u.Request
		}
		got = append(got, fmt.Sprintf("%d %s %s %v: %s", u.Index, name, u.Problems[0].Code,
			u.Problems[0].Path, u.Problems[0].Text))
	}
	const invalid = " - Description:The specified API value is not valid."
	want := []string{
		"0 null InvalidAPIValueException [request_unique_identifier]: Error:request_unique_identifier (6) " +
			"Is Not Valid: write a text in quotation marks." + invalid,
		"1 date InvalidAPIValueException [udf_date_1]: Error:udf_date_1 (20160622) Is Not Valid: " +
			models.ErrDate.Error() + "." + invalid,
		"2 float InvalidAPIValueException [udf_float_1]: Error:udf_float_1 (\"1.5\") Is Not Valid: write " +
			"a finite number." + invalid,
		"3 text InvalidAPIValueException [udf_string_1]: Error:udf_string_1 (5) Is Not Valid: write a " +
			"text in quotation marks." + invalid,
		"4 unknown InvalidAPIValueException [udfString1]: Error:udfString1 Is Not A Field Of A Web " +
			"Customer Event." + invalid,
		"5 null MandatoryAPIValueException []: Error:The Event Is Null, An Object Is Mandatory. - " +
			"Description:A mandatory API value was not specified.",
		"7 two InvalidAPIValueException [rewards_participant_identifier]: " +
			"Error:rewards_participant_identifier Is Given Beside accounts_receivable_identifier: give " +
			"exactly one of them." + invalid,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWebAPI_IdempotencyKey(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	bearer := []string{"Authorization", "Bearer " + s.Token}
	set := `"web_customer_events_set":[` + apitest.WebEvent("1") + `},` + apitest.WebEvent("2") + `}]}`
	first := s.WebPost(t, apitest.WebCreatePath, strings.NewReader(`{`+set),
		append(bearer, "Idempotency-Key", "k")...)
	for name, again := range map[string]apitest.WebResponse{
		"header": s.WebPost(t, apitest.WebCreatePath, strings.NewReader(`{`+set),
			append(bearer, "Idempotency-Key", "k")...),
		"body": s.WebPost(t, apitest.WebCreatePath, strings.NewReader(`{"idempotency_key":"k",`+set),
			bearer...),
	} {
		if again.Text != first.Text || again.Code != "OK" {
			t.Errorf("%s: %s, then %s", name, first.Text, again.Text)
		}
	}
	a := s.WebPost(t, apitest.WebCreatePath, strings.NewReader(`{"web_customer_events_set":[]}`),
		append(bearer, "Idempotency-Key", "k")...)
	if a.Status != 422 || a.Code != "IdempotencyKeyReusedException" {
		t.Errorf("%d %s", a.Status, a.Text)
	}
	if n := len(s.Page(t, nil)); n != 2 {
		t.Errorf("%d events are stored", n)
	}
}

// TestWebAPI_DescriptionMetricsLogs checks that the description is served as in the repository, and that
// metrics and logs cover requests without secrets.
func TestWebAPI_DescriptionMetricsLogs(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	want, err := os.ReadFile(apitest.File("internal/crmapi/openapi.json"))
	if err != nil {
		t.Fatal(err)
	}
	status, header, text := s.Do(t, http.MethodGet, crmapi.Prefix+"openapi.json", nil)
	if string(text) != string(want) || header.Get("Content-Type") != "application/json" {
		t.Errorf("%d %v", status, header)
	}
	byToken := func(identifier string) string {
		return `{"rewards_participant_identifier":{"access_token_identifier":` + identifier + `}}`
	}
	for path, bodies := range map[string][]string{
		"authentication/token": {
			`{"username":"demo","password":"CANARY"}`, `{"username":"demo","password":["CANARY"]}`,
			`{"username":"demo","password":"CANARY`, `CANARY`,
		},
		"authentication/token/release": {`{"token":"CANARY"}`, `{"token":{"CANARY":1}}`},
		apitest.WebCreatePath: {
			`{"token":"CANARY","web_customer_events_set":[]}`,
			`{"token":"` + s.Token + `","web_customer_events_set":[` + strings.Join([]string{
				byToken(`{"authentication_code":"CANARY"}`),
				byToken(`{"identifier":"maria@example.com","pass_code":"CANARY"}`),
				byToken(`{"pass_code":{"CANARY":1}}`),
			}, ",") + `],"fields_set":"problems"}`,
		},
	} {
		for _, body := range bodies {
			a := s.WebPost(t, path, strings.NewReader(body))
			if strings.Contains(a.Text, "CANARY") || strings.Contains(a.Text, s.Token) {
				t.Errorf("%s gets the response %s", body, a.Text)
			}
		}
	}
	_, _, counts := s.Do(t, http.MethodGet, "/metrics", nil)
	for _, line := range []string{
		`customer_events_webapi_requests_total{code="UNAUTHENTICATED",operation="authentication/token",` +
			`status="401"} 1`,
		`customer_events_webapi_requests_total{code="",operation="customer_events/bulk/web/create",` +
			`status="200"} 1`,
		`customer_events_webapi_request_duration_seconds_count{operation="openapi.json"} 1`,
		`customer_events_events_total{code="MandatoryAPIValueException",outcome="unprocessed"} 2`,
	} {
		if !strings.Contains(string(counts), line) {
			t.Errorf("the metrics lack %s", line)
		}
	}
	s.Stop(t)
	log := s.Log.String()
	if strings.Contains(log, "CANARY") || strings.Contains(log, s.Token) ||
		!strings.Contains(log, `"operation":"`+apitest.WebCreatePath+`","user":"demo"`) {
		t.Errorf("the log: %s", log)
	}
}
