package e2e

import (
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"customer-events/test/apitest"
	"customer-events/test/testutil"
)

// canaries makes unique secrets with a known prefix.
type canaries struct{ made int }

const canaryText, canaryDigits = "cAnArY", "8675309907"

func (c *canaries) text() string {
	c.made++
	return fmt.Sprintf("%s%08d", canaryText, c.made)
}

func (c *canaries) digits() string {
	c.made++
	return fmt.Sprintf("%s%05d", canaryDigits, c.made)
}

// mustNotLeak searches the program's output for canaries.
func mustNotLeak(t *testing.T, what, text string) {
	t.Helper()
	lower := strings.ToLower(text)
	for _, canary := range []string{strings.ToLower(canaryText), canaryDigits} {
		if at := strings.Index(lower, canary); at >= 0 {
			t.Errorf("%s holds a secret: %.300q", what, text[max(0, at-150):])
		}
	}
}

// TestSecrets_ThousandCanaries sends a thousand secrets of every kind in valid and invalid calls, commands
// and files. None may appear in logs, outputs, metrics, responses, spans or the database.
func TestSecrets_ThousandCanaries(t *testing.T) {
	t.Parallel()
	var c canaries
	folder := t.TempDir()
	path := filepath.Join(folder, "canaries.db")
	key := c.text() + c.text() // 28 characters
	database := []string{
		"--database", "sqlite:" + path, "--secret-key", key, "--old-secret-key", c.text() + c.text(),
	}
	run := func(stdin string, want int, args ...string) {
		t.Helper()
		exit, stdout, stderr := apitest.Command(t, stdin, args...)
		if exit != want {
			t.Errorf("%v: exit %d: %s", args[:2], exit, stderr)
		}
		mustNotLeak(t, strings.Join(args[:2], " "), stdout+stderr)
	}

	// Failing commands with secrets in their options.
	run("", 1, "migrate", "--database", "mysql://user:"+c.text()+"@host:port:/x", "--secret-key",
		c.text()+c.text())
	run("", 2, "migrate", "--database", "mysql://user:"+c.text()+"@host/x?tls="+"maybe")
	run("", 1, "migrate", "--database", "mysql://user:"+c.text()+"@127.0.0.1:1/x", "--secret-key",
		c.text()+c.text())
	run("", 2, "migrate", "--database", "sqlite:"+path, "--secret-key", "cAnArY", "--old-secret-key",
		"cAnArY1")
	run("", 2, "migrate", "--database", "postgres://user:"+c.text()+"@host/x")

	// A server with canaries as passwords and access tokens. Some rows of the import are invalid.
	exported := collectSpans(t)
	s := apitest.Serve(t, append([]string{"--demo", "--otlp-endpoint", exported.url}, database...)...)
	passwords := map[string]string{}
	for i := range 3 {
		name := fmt.Sprint("user ", i)
		passwords[name] = c.text()
		run(c.text()+"\n", 0, append([]string{"user", "add", name}, database...)...)
		run(passwords[name]+"\n", 0, append([]string{"user", "password", name}, database...)...)
	}
	run(c.text()+"\n", 1, append([]string{"user", "add", "user 0"}, database...)...)
	run(c.text()+"\n", 1, append([]string{"user", "password", "unknown-user"}, database...)...)
	type held struct{ code, identifier, pass, password string }
	var tokens []held
	rows := "number,participant_number,state,authentication_code,identifier,pass_code,one_time_password," +
		"one_time_password_expires_at\n"
	for i := range 120 {
		token := held{c.text(), fmt.Sprint("who ", i), c.text(), c.digits()}
		tokens = append(tokens, token)
		participant, state := "RP0000000019", "EFFECTIVE"
		switch i % 12 { // the kinds of invalid rows
		case 9:
			participant = "unknown"
		case 10:
			state = "NONSENSE"
		case 11:
			token.password = c.text()
		}
		rows += fmt.Sprintf("T%d,%s,%s,%s,%s,%s,%s,9999-12-31T23:59:59Z\n", i, participant, state,
			token.code, token.identifier, token.pass, token.password)
	}
	for name, text := range map[string]string{
		"tokens.csv": rows,
		"broken.csv": rows[:len(rows)/2] + `"` + c.text(),
		"broken.ndjson": `{"number":"T1","pass_code":` + c.text() + "}\n" + `{"pass_code":["` + c.text() +
			`"]`,
	} {
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		run("", 1, append([]string{"import", "access-tokens", file}, database...)...)
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}

	// Valid calls.
	for name, password := range passwords {
		s.Token = s.Login(t, name, password)
	}
	accepted := 0
	for i, token := range tokens {
		event := apitest.Event("1", []apitest.Object{
			apitest.ByToken("authenticationCode", token.code),
			apitest.ByToken("credentials", apitest.Object{
				"identifier": token.identifier,
				"passCode":   token.pass,
			}),
			apitest.ByToken("oneTimePassword", token.password),
		}[i%3])
		a := s.Post(t, apitest.CreateQuery, apitest.CreateInput([]apitest.Object{event}), "Idempotency-Key",
			fmt.Sprint("key ", i))
		accepted += strings.Count(a.Text, `"processed":1`)
		mustNotLeak(t, "an answer", a.Text)
	}
	if accepted != 90 {
		t.Errorf("%d credentials were accepted", accepted)
	}

	// Invalid calls: whole and cut off, compressed and not, by POST and by GET, with invalid tokens.
	for i, body := range plantedBodies() {
		for variant := range 9 {
			canary := c.text()
			if variant%3 == 2 {
				canary = c.digits()
			}
			planted := strings.ReplaceAll(body, "CANARY", canary)
			headers := []string{}
			switch variant {
			case 3:
				planted = planted[:len(planted)*(i%10+1)/11]
			case 4:
				headers = []string{"Authorization", "Bearer " + c.text()}
			case 5:
				headers = []string{
					"Idempotency-Key",
					canary + "\t",
					"Accept",
					"application/graphql-response+json",
				}
			case 6:
				compressed := testutil.Gzip(planted)
				planted, headers = compressed[:len(compressed)-variant*(i%2)], []string{"Content-Encoding",
					"gzip"}
			case 7:
				response, err := s.Client.Get(s.URL + "/graphql?query=" + url.QueryEscape(planted) +
					"&variables=" + url.QueryEscape(`{"token":"`+canary+`"}`))
				if err != nil {
					t.Fatal(err)
				}
				text, _ := io.ReadAll(response.Body)
				response.Body.Close()
				mustNotLeak(t, "an answer", string(text))
				continue
			}
			mustNotLeak(t, "an answer", s.PostBody(t, strings.NewReader(planted), headers...).Text)
		}
	}
	// Bytes that are not HTTP.
	for _, request := range []string{
		"POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization Bearer %s\r\n\r\n",
		"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: %s\r\n\r\n",
		"%s\r\n\r\n",
		"GET /graphql HTTP/1.1\r\nAuthorization: Bearer %s\r\n\r\n",
	} {
		connection, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(connection, request, c.text())
		text, _ := io.ReadAll(connection)
		connection.Close()
		mustNotLeak(t, "an answer to what is not HTTP", string(text))
	}

	response, err := s.Client.Get(s.URL + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(response.Body)
	response.Body.Close()
	mustNotLeak(t, "/metrics", string(text))
	search := func(when string) {
		files, err := filepath.Glob(path + "*")
		if err != nil || len(files) == 0 {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			mustNotLeak(t, filepath.Base(file)+" "+when, string(text))
		}
	}
	search("while the server runs")
	s.Stop(t)
	search("at the end")
	mustNotLeak(t, "the log", s.Log.String())
	mustNotLeak(t, "the output", s.Stdout.String())
	mustNotLeak(t, "what the collector got", exported.String())
	if n := len(exported.requests()); n < 500 {
		t.Errorf("only %d requests were exported as spans", n)
	}
	if c.made < 1000 {
		t.Errorf("only %d canaries", c.made)
	}
	t.Logf("%d canaries, %d bytes of log", c.made, len(s.Log.String()))
}
