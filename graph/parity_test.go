package graph_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"customer-events/internal/api"
	"customer-events/internal/crmapi"
	"customer-events/internal/events"
)

// callResult is the result of a call in either protocol.
type callResult struct {
	Rejected                   string
	ProcessedCustomerEventsSet []struct {
		Index                               int
		RequestUniqueIdentifier, ID, Number string
		Replayed                            bool
	}
	UnprocessedCustomerEventsSet []struct {
		Index                       int
		RequestUniqueIdentifier     *string
		ErrorCode, ErrorDescription string
		Retryable                   bool
		Problems                    []struct {
			Path                        []string
			ErrorCode, ErrorDescription string
		}
	}
}

const everything = `mutation ($input: CreateWebCustomerEventsInput!) {
	createWebCustomerEvents(input: $input) {
		processedCustomerEventsSet { index requestUniqueIdentifier id number replayed }
		unprocessedCustomerEventsSet {
			index requestUniqueIdentifier errorCode errorDescription retryable
			problems { path errorCode errorDescription }
		}
	}
}`

func (a *testAPI) judgeByGraphQL(t *testing.T, key string, list []string) (j callResult) {
	t.Helper()
	r := a.post(t, everything, `{"input":{"webCustomerEventsSet":[`+strings.Join(list, ",")+`]}}`,
		"Idempotency-Key", key)
	if j.Rejected = r.code(); j.Rejected == "" {
		if err := json.Unmarshal(r.Data["createWebCustomerEvents"], &j); err != nil {
			t.Fatalf("%v: %s", err, r.text)
		}
	}
	return j
}

var (
	wireName    = regexp.MustCompile(`"([a-z_0-9]+)":`)
	graphQLName = regexp.MustCompile(`"([a-z]+[A-Za-z0-9]*|udf_string_1)":`)
	hump        = regexp.MustCompile(`[a-z]([A-Z]|[0-9])`)
	credentials = regexp.MustCompile(`"credentials":\{([^{}]*)\}`)
)

// wire converts an event to the field names of the Web API. Names that one protocol does not know because
// they are the other's are converted too.
func wire(event string) string {
	return graphQLName.ReplaceAllStringFunc(credentials.ReplaceAllString(event, "$1"),
		func(name string) string {
			if name == `"udf_string_1":` {
				return `"udfString1":`
			}
			return strings.ToLower(hump.ReplaceAllStringFunc(name,
				func(pair string) string { return pair[:1] + "_" + pair[1:] }))
		})
}

// byWebAPI sends a call to the Web API of the same service.
func (a *testAPI) byWebAPI(
	t *testing.T, path, key, body string,
) (status int, header http.Header, text string) {
	t.Helper()
	r := a.resolver
	other := &crmapi.Handler{Service: r.Service, Auth: r.Auth, Log: r.Log, Timeout: r.Timeout,
		Decoder: &events.Decoder{FieldNames: events.SnakeCase, Zone: time.UTC, Hasher: secrets}}
	request := httptest.NewRequest(http.MethodPost, crmapi.Prefix+path, strings.NewReader(body))
	w := httptest.NewRecorder()
	asked := &api.Request{ID: "request-1", Token: a.token, IdempotencyKey: key, Limiter: a.rate}
	other.ServeHTTP(w, request.WithContext(api.WithRequest(request.Context(), asked)))
	asked.WriteRateHeaders(w.Header())
	return w.Code, w.Header(), w.Body.String()
}

func (a *testAPI) judgeByWebAPI(t *testing.T, key string, list []string) callResult {
	t.Helper()
	const all = "processed_customer_events_set,unprocessed_customer_events_set,index," +
		"request_unique_identifier,id,number,replayed,error_code,error_description,retryable,problems"
	translated := make([]string, len(list))
	for i, event := range list {
		translated[i] = wire(event)
	}
	_, _, text := a.byWebAPI(t, "customer_events/bulk/web/create", key,
		`{"fields_set":"`+all+`","web_customer_events_set":[`+strings.Join(translated, ",")+`]}`)
	var answer struct {
		Data   callResult
		Status struct{ Code string }
	}
	// Without underscores the names are those of GraphQL except for upper case, which encoding/json ignores.
	spelt := wireName.ReplaceAllStringFunc(text,
		func(name string) string { return strings.ReplaceAll(name, "_", "") })
	if err := json.Unmarshal([]byte(spelt), &answer); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if answer.Status.Code != "OK" {
		answer.Data.Rejected = answer.Status.Code
	}
	return answer.Data
}

// alike converts both spellings of a name to the same text.
func alike(text string) string {
	text = strings.ToLower(strings.ReplaceAll(text, "_", ""))
	return strings.ReplaceAll(text, "authenticationcode, credentials, ", "authenticationcode, identifier, ")
}

func (j *callResult) spellAlike() {
	j.Rejected = strings.TrimSuffix(alike(j.Rejected), "exception")
	for i := range j.UnprocessedCustomerEventsSet {
		u := &j.UnprocessedCustomerEventsSet[i]
		u.ErrorDescription = alike(u.ErrorDescription)
		for k := range u.Problems {
			p := &u.Problems[k]
			// GraphQL's credentials are an object with the identifier in it; the Web API's are the
			// identifier.
			path := strings.ReplaceAll(alike(strings.Join(p.Path, " ")), "credentials ", "")
			p.Path = strings.Fields(strings.ReplaceAll(path, "credentials", "identifier"))
			p.ErrorDescription = alike(p.ErrorDescription)
		}
	}
}

// randomBatch returns valid events, events whose result depends on recorded ones, and invalid events of all
// kinds.
var participants = []string{
	`{"number":"RP0000000020"}`,
	`{"accessTokenIdentifier":{"oneTimePassword":"073482"}}`,
	`{"accessTokenIdentifier":{"oneTimePassword":73482}}`,
	`{"accessTokenIdentifier":{"credentials":{"identifier":"maria@example.com","passCode":"4711"}}}`,
	`{"accessTokenIdentifier":{"credentials":{"identifier":"maria@example.com","passCode":"0"}}}`,
	`{"accessTokenIdentifier":{"authenticationCode":"demo-authentication-code"}}`,
	`{"accessTokenIdentifier":{"nothing":1}}`,
}

func randomBatch(random *rand.Rand, all []invalidEvent) []string {
	list := make([]string, random.IntN(30))
	for i := range list {
		request := fmt.Sprint("r", random.IntN(100))
		switch kind := random.IntN(10); kind {
		case 0, 1, 2:
			list[i] = good(request) + "}"
		case 3, 4:
			list[i] = good(request) + fmt.Sprintf(
				`,"externalSystem":"shop","externalSystemReferenceNumber":"%d","description":"%d"}`,
				random.IntN(20), random.IntN(2))
		case 5:
			list[i] = instead("rewardsParticipantIdentifier", participants[random.IntN(len(participants))])(
				request)
		default:
			p := all[random.IntN(len(all))]
			if p.most > 0 && random.IntN(10) > 0 {
				p = all[0]
			}
			list[i] = p.event(request)
		}
	}
	return list
}

// TestParity_SameVerdicts sends the same calls through both protocols to equal databases. Ids, numbers,
// order,
// replays, codes, paths and texts must be equal, except for the spelling of names.
func TestParity_SameVerdicts(t *testing.T) {
	t.Parallel()
	from := *seed
	if from == 0 {
		from = uint64(time.Now().UnixNano())
	}
	t.Logf("to repeat this run: go test ./graph -run '^%s$' -args -seed %d", t.Name(), from)
	random := rand.New(rand.NewPCG(from, 0))
	graphQL, webAPI, all := newAPI(t, nil), newAPI(t, nil), invalidEvents()
	type sent struct {
		key  string
		list []string
	}
	var earlier []sent
	rejected, replayed, unprocessed := 0, 0, 0
	for round := range 80 {
		call := sent{"", randomBatch(random, all)}
		switch again := random.IntN(4); {
		case again == 0 && len(earlier) > 0: // the same, under its key if it has one
			call = earlier[random.IntN(len(earlier))]
		case again == 1: // of few keys, so that some are used with other events
			call.key = fmt.Sprint("key ", random.IntN(20))
		}
		earlier = append(earlier, call)
		want, got := graphQL.judgeByGraphQL(t, call.key, call.list),
			webAPI.judgeByWebAPI(t, call.key, call.list)
		want.spellAlike()
		got.spellAlike()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("seed %d, round %d (-GraphQL +Web API):\n%s\nof %.3000s", from, round, diff, call.list)
		}
		if want.Rejected != "" {
			rejected++
		}
		for _, p := range want.ProcessedCustomerEventsSet {
			if p.Replayed {
				replayed++
			}
		}
		unprocessed += len(want.UnprocessedCustomerEventsSet)
	}
	t.Logf("%d calls rejected, %d events replayed, %d unprocessed", rejected, replayed, unprocessed)
	if rejected == 0 || replayed == 0 || unprocessed < 100 {
		t.Error("that is too few to tell anything")
	}
}

// TestParity_Replay checks that both protocols share idempotency keys.
func TestParity_Replay(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	list := []string{good("one") + "}", good("two") + `,"udfFloat1":1}`}
	first, again := a.judgeByGraphQL(t, "one key", list), a.judgeByWebAPI(t, "one key", list)
	for i := range first.ProcessedCustomerEventsSet {
		first.ProcessedCustomerEventsSet[i].Replayed = true
	}
	if diff := cmp.Diff(first, again); diff != "" || len(again.ProcessedCustomerEventsSet) != 2 {
		t.Errorf("(-GraphQL +Web API):\n%s", diff)
	}
}
