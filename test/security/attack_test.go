package security

import (
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"customer-events/test/apitest"
)

// attackInFull runs all attacks in full size, including hostile load. Without it the tests run a part.
var attackInFull = flag.Bool("attack", false, "attack in full, hostile load too")

// attackRun counts the attempts of one class and those that succeeded.
type attackRun struct {
	*apitest.Server
	t                   *testing.T
	attempts, succeeded int
	dialed              int // the number of raw connections
}

// check counts one attempt; failed says that the attack did not succeed.
func (a *attackRun) check(failed bool, format string, args ...any) {
	if a.attempts++; !failed {
		if a.succeeded++; a.succeeded <= 5 {
			a.t.Errorf(format, args...)
		}
	}
}

// internalWords must not appear in any response.
var internalWords = []string{
	"goroutine ", "panic", ".go:", "gorm", "sqlite", "mysql", "mariadb", "sql syntax", "syntax error at",
	"runtime error", "stack", "/tmp/", "Did you mean", "tracing",
}

// post posts a body to a path, and checks what holds for every response: in time, no server error, no
// internal words.
func (a *attackRun) post(path, body string, headers ...string) (status int, text string) {
	a.t.Helper()
	start := time.Now()
	request, err := http.NewRequestWithContext(a.t.Context(), http.MethodPost, a.URL+path,
		strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+a.Token)
	request.Header.Set("Accept", "application/graphql-response+json, */*;q=0.1")
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := a.Client.Do(request)
	if err != nil {
		a.check(false, "%.200s: %v", body, err)
		return 0, ""
	}
	defer response.Body.Close()
	all, _ := io.ReadAll(response.Body)
	text, status = string(all), response.StatusCode
	took := time.Since(start)
	if status >= 500 || took > apitest.MaxLatency {
		a.check(false, "%s %.200s: %d after %s: %.300s", path, body, status, took, text)
	}
	for _, leak := range internalWords {
		if strings.Contains(strings.ToLower(text), strings.ToLower(leak)) {
			a.check(false, "%s %.200s: the response contains %q: %.300s", path, body, leak, text)
		}
	}
	return status, text
}

// query posts a query.
func (a *attackRun) query(query string) (status int, text string) {
	a.t.Helper()
	return a.post("/graphql", `{"query":`+jsonText(query)+`}`)
}

// mustReject posts a query that must be rejected.
func (a *attackRun) mustReject(query string) {
	a.t.Helper()
	status, text := a.query(query)
	a.check(status >= 400 && !strings.Contains(text, `"data":{`), "%.200s: %d %.300s", query, status, text)
}

// raw sends bytes, and returns what the server sends until it closes the connection or stops sending.
func (a *attackRun) raw(text string) string {
	// Each connection comes from another loopback address, where there are many, since the log summarises
	// the requests of one address.
	a.dialed++
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(1+a.dialed%250))}}
	connection, err := dialer.Dial("tcp", strings.TrimPrefix(a.URL, "http://"))
	if err != nil {
		connection, err = net.Dial("tcp", strings.TrimPrefix(a.URL, "http://"))
	}
	if err != nil {
		a.t.Fatal(err)
	}
	defer connection.Close()
	_ = connection.SetDeadline(time.Now().Add(apitest.MaxLatency))
	if _, err := io.WriteString(connection, text); err == nil &&
		!strings.Contains(text, "\r\nConnection: close\r\n") {
		_ = connection.(*net.TCPConn).CloseWrite()
	}
	answer, _ := io.ReadAll(connection)
	return string(answer)
}

// attacks are the classes of OWASP's GraphQL cheat sheet, of graphql-cop, and other common attacks.
var attacks = []struct {
	name string
	run  func(a *attackRun)
}{
	{"introspection", attackIntrospection},
	{"field suggestions", attackSuggestions},
	{"GraphiQL and consoles", attackConsoles},
	{"trace mode", attackTracing},
	{"mutations by GET and other methods", attackMethods},
	{"forms and other media types (CSRF)", attackMedia},
	{"requests of other sites", attackSites},
	{"batches in arrays", attackBatches},
	{"aliases", attackAliases},
	{"directives", attackDirectives},
	{"repeated fields and tokens", attackTokens},
	{"nesting and fragments", attackNesting},
	{"details of errors", attackErrors},
	{"without a valid token", attackAnonymous},
	{"upgrades, uploads, persisted queries", attackExtras},
	{"SQL in every field", attackSQL},
	{"objects for values", attackObjects},
	{"identifiers that look alike", attackLookalikes},
	{"paths that climb", attackPaths},
	{"headers that inject", attackHeaders},
	{"log injection", attackLog},
	{"requests within requests", attackSmuggling},
	{"headers too many or too long", attackHeaderFloods},
	{"expensive JSON", attackJSON},
	{"gzip that expands", attackGzip},
}

// TestAttack_AllClasses runs all classes against the program without introspection. make test-security
// prints the counts.
func TestAttack_AllClasses(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("long: it runs without the race detector")
	}
	counts := make(map[string][2]int)
	var mu sync.Mutex
	t.Run("on", func(t *testing.T) {
		for database, open := range apitest.Engines {
			t.Run(database, func(t *testing.T) {
				t.Parallel()
				s := apitest.ServeDemo(t, open(t), "--introspection", "off")
				for _, class := range attacks {
					a := &attackRun{Server: s, t: t}
					start := time.Now()
					class.run(a)
					t.Logf("%s: %d attempts in %s", class.name, a.attempts,
						time.Since(start).Round(time.Millisecond))
					mu.Lock()
					counts[class.name] = [2]int{
						counts[class.name][0] + a.attempts,
						counts[class.name][1] + a.succeeded,
					}
					mu.Unlock()
					if a.attempts == 0 {
						t.Errorf("%s: no attempt was made", class.name)
					}
				}
				// After the attacks the server still works.
				if got := s.Create(t, apitest.Events(10)); got.Summary.Processed != 10 {
					t.Errorf("after the attacks: %+v", got.Summary)
				}
				for _, leak := range []string{"panicked", "a call failed"} {
					if at := strings.Index(s.Log.String(), leak); at >= 0 {
						t.Errorf("the log: %.1000s", s.Log.String()[at:])
					}
				}
			})
		}
	})
	to := io.Discard
	if *attackInFull {
		to = os.Stdout
	}
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "attempts\tsucceeded\tclass")
	attempts, succeeded := 0, 0
	for _, class := range attacks {
		attempts, succeeded = attempts+counts[class.name][0], succeeded+counts[class.name][1]
		fmt.Fprintf(table, "%d\t%d\t%s\n", counts[class.name][0], counts[class.name][1], class.name)
	}
	fmt.Fprintf(table, "%d\t%d\tall, on SQLite and MariaDB\n", attempts, succeeded)
	_ = table.Flush()
	if succeeded > 0 {
		t.Errorf("%d of %d attacks succeeded", succeeded, attempts)
	}
}
