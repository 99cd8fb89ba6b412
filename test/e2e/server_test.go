package e2e

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

// The example of the Web API's own page.
func TestSeedExample(t *testing.T) {
	t.Parallel()
	apitest.OnEachDatabase(t, func(t *testing.T, s *apitest.Server) {
		got := s.Create(t, []apitest.Object{
			apitest.Event("06", apitest.Object{"performedOn": "2016-06-22T15:00:00"}),
			apitest.Event("07", apitest.Object{"accountsReceivableIdentifier": apitest.Object{"number": "ACR0000000077"}, "performedOn": "2016-06-22T15:05:02"}),
			apitest.Event("08", apitest.Object{"accountsReceivableIdentifier": apitest.Object{"number": "ACR00045000"}, "performedOn": "2016-06-22T15:19:22"}),
			apitest.Event("09", apitest.Object{"accountsReceivableIdentifier": apitest.Object{"number": "ACR00670040"}, "performedOn": "2016-06-22T15:15:42"}),
		})
		var refused []apitest.Unprocessed
		for _, u := range got.UnprocessedCustomerEventsSet {
			refused = append(refused, apitest.Unprocessed{RequestUniqueIdentifier: u.RequestUniqueIdentifier, Index: u.Index, ErrorCode: u.ErrorCode, ErrorDescription: u.ErrorDescription})
		}
		want := []apitest.Unprocessed{
			{RequestUniqueIdentifier: "08", Index: 2, ErrorCode: "NotFoundAPIValueException",
				ErrorDescription: "Error:Account (ACR00045000) Not Found. - Description:The specified API value was not found."},
			{RequestUniqueIdentifier: "09", Index: 3, ErrorCode: "NotFoundAPIValueException",
				ErrorDescription: "Error:Account (ACR00670040) Not Found. - Description:The specified API value was not found."},
		}
		if diff := cmp.Diff(want, refused); diff != "" {
			t.Errorf("unprocessed (-want +got):\n%s", diff)
		}
		if len(got.ProcessedCustomerEventsSet) != 2 {
			t.Fatalf("processed: %+v", got.ProcessedCustomerEventsSet)
		}
		before := int64(0)
		for i, p := range got.ProcessedCustomerEventsSet {
			number, err := strconv.ParseInt(p.Number, 10, 64)
			if err != nil || number <= before {
				t.Errorf("the number %s does not grow from %d: %v", p.Number, before, err)
			}
			before = number
			if p.RequestUniqueIdentifier != []string{"06", "07"}[i] || p.Index != i || p.Replayed || !regexp.MustCompile(`^[0-9A-F]{32}$`).MatchString(p.ID) {
				t.Errorf("processed: %+v", p)
			}
		}
		if sum := got.Summary; sum.Received != 4 || sum.Processed != 2 || sum.Unprocessed != 2 || sum.Replayed != 0 {
			t.Errorf("summary: %+v", sum)
		}
	})
}

func TestHowManyEvents(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	for _, media := range []string{"application/json", "application/graphql-response+json"} {
		a := s.Post(t, apitest.CreateQuery, apitest.Object{"input": apitest.Object{"webCustomerEventsSet": apitest.Events(1001)}}, "Accept", media)
		if a.Code() != "TOO_MANY_EVENTS" || !strings.Contains(a.Errors[0].Message, "1000") || !strings.Contains(a.Errors[0].Message, "1001") {
			t.Errorf("1001 events: %.500s", a.Text)
		}
		if want := map[string]int{"application/json": 200, "application/graphql-response+json": 400}[media]; a.Status != want {
			t.Errorf("1001 events, %s: status %d, want %d", media, a.Status, want)
		}
	}
	if n := len(s.Page(t, apitest.Object{})); n != 0 {
		t.Errorf("%d events are stored", n)
	}
	none := s.Create(t, []apitest.Object{})
	if none.ProcessedCustomerEventsSet == nil || none.UnprocessedCustomerEventsSet == nil || len(none.ProcessedCustomerEventsSet)+len(none.UnprocessedCustomerEventsSet) > 0 || none.Summary.Received != 0 {
		t.Errorf("0 events: %+v", none)
	}
	if full := s.Create(t, apitest.Events(1000)); full.Summary.Processed != 1000 {
		t.Errorf("1000 events: %+v", full.Summary)
	}
}

func TestCheckStoresNothing(t *testing.T) {
	t.Parallel()
	apitest.OnEachDatabase(t, func(t *testing.T, s *apitest.Server) {
		byPassword := apitest.Object{"accountsReceivableIdentifier": nil, "rewardsParticipantIdentifier": apitest.Object{"accessTokenIdentifier": apitest.Object{"oneTimePassword": "073482"}}}
		reference := apitest.Object{"externalSystem": "shop", "externalSystemReferenceNumber": "1"}
		s.Create(t, []apitest.Object{apitest.Event("stored", reference)})
		input := apitest.Object{"input": apitest.Object{"idempotencyKey": "checked", "webCustomerEventsSet": []apitest.Object{
			apitest.Event("a", nil), apitest.Event("b", byPassword), apitest.Event("c", reference), apitest.Event("d", apitest.Object{"website": "javascript:alert(1)"})}}}
		const query = `query ($input: CreateWebCustomerEventsInput!) { checkWebCustomerEvents(input: $input) { acceptable replays
			unprocessedCustomerEventsSet { requestUniqueIdentifier index errorCode errorDescription problems { path errorCode } } } }`
		type verdicts struct {
			Acceptable, Replays          int
			UnprocessedCustomerEventsSet []apitest.Unprocessed
		}
		first := apitest.Ask[verdicts](t, s, "checkWebCustomerEvents", query, input)
		if second := apitest.Ask[verdicts](t, s, "checkWebCustomerEvents", query, input); first.Acceptable != 3 || first.Replays != 1 || !cmp.Equal(first, second) {
			t.Errorf("first %+v, then %+v", first, second)
		}
		if n := len(s.Page(t, apitest.Object{})); n != 1 {
			t.Errorf("%d events are stored, want 1", n)
		}
		// The mutation says the same, the password is not spent, and the key is not used.
		got := apitest.Ask[apitest.Outcome](t, s, "createWebCustomerEvents", apitest.CreateQuery, input)
		if diff := cmp.Diff(first.UnprocessedCustomerEventsSet, got.UnprocessedCustomerEventsSet); diff != "" || got.Summary.Processed != 3 || got.Summary.Replayed != 1 {
			t.Errorf("the mutation: %+v\n%s", got.Summary, diff)
		}
	})
}

func TestHealth(t *testing.T) {
	t.Parallel()
	s := apitest.Serve(t, "--database", storetest.SQLite(t))
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/": 404, "/nothing": 404} {
		request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, nil)
		response, err := s.Client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, response.Body)
		response.Body.Close()
		if response.StatusCode != want || response.Header.Get("X-Request-Id") == "" {
			t.Errorf("%s: status %d, want %d, header %v", path, response.StatusCode, want, response.Header)
		}
	}
}

func TestGzipBothWays(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	var body bytes.Buffer
	compressed := gzip.NewWriter(&body)
	text, _ := json.Marshal(apitest.Object{"query": apitest.CreateQuery, "variables": apitest.Object{"input": apitest.Object{"webCustomerEventsSet": apitest.Events(100)}}})
	_, _ = compressed.Write(text)
	_ = compressed.Close()
	request, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/graphql", &body)
	for name, value := range map[string]string{"Content-Type": "application/json", "Content-Encoding": "gzip", "Accept-Encoding": "gzip", "Authorization": "Bearer " + s.Token} {
		request.Header.Set(name, value)
	}
	response, err := s.Client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if got := response.Header.Get("Content-Encoding"); got != "gzip" {
		t.Fatalf("the answer's encoding is %q", got)
	}
	plain, err := gzip.NewReader(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(plain); err != nil || !strings.Contains(string(text), `"processed":100`) {
		t.Errorf("%v: %.300s", err, text)
	}
}

// A call that is running when the program is told to end is finished, and new ones are not taken.
func TestGracefulEnd(t *testing.T) {
	t.Parallel()
	apitest.OnEachDatabase(t, func(t *testing.T, s *apitest.Server) {
		text, _ := json.Marshal(apitest.Object{"query": apitest.CreateQuery, "variables": apitest.Object{"input": apitest.Object{"webCustomerEventsSet": apitest.Events(10)}}})
		// The client sends the body once the server asks for it: the first write returns when the call is running.
		s.Client.Transport.(*http.Transport).ExpectContinueTimeout = time.Minute
		from, to := io.Pipe()
		answers := make(chan apitest.Response, 1)
		go func() {
			defer close(answers)
			answers <- s.PostBody(t, from, "Expect", "100-continue")
		}()
		_, _ = to.Write(text[:100])
		s.Cancel()
		for deadline := time.Now().Add(20 * time.Second); ; {
			fresh := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}
			response, err := fresh.Get(s.URL + "/healthz")
			if err != nil {
				break
			}
			response.Body.Close()
			if time.Now().After(deadline) {
				t.Fatal("the program still takes calls")
			}
			time.Sleep(10 * time.Millisecond)
		}
		_, _ = to.Write(text[100:])
		_ = to.Close()
		if a := <-answers; a.Status != 200 || !strings.Contains(a.Text, `"processed":10`) {
			t.Errorf("the running call: %d %.300s", a.Status, a.Text)
		}
		s.Stop(t)
		if lines := strings.Split(strings.TrimSpace(s.Log.String()), "\n"); !slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, `"msg":"stopped"`) }) {
			t.Errorf("the log does not say that it has ended: %v", lines)
		}
	})
}
