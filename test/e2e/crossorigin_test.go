package e2e

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"customer-events/internal/app"
	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

const demoLogin = `{"query":"mutation { login(input: {username: \"demo\", password: \"%s\"}) { token } }"}`

func TestTLS_Versions(t *testing.T) {
	t.Parallel()
	certFile, keyFile, roots := certificateFor127(t)
	s := apitest.Serve(t, "--demo", "--database", storetest.SQLite(t), "--tls-cert", certFile, "--tls-key",
		keyFile)
	if !strings.Contains(s.Stdout.String(), "https://") || strings.Contains(s.Stdout.String(), "http://") {
		t.Errorf("the printed addresses: %s", s.Stdout.String())
	}
	s.URL = strings.Replace(s.URL, "http:", "https:", 1)
	by := func(most uint16, h2 bool) *http.Client {
		transport := &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: roots, MaxVersion: most}, ForceAttemptHTTP2: h2,
		}
		t.Cleanup(transport.CloseIdleConnections)
		return &http.Client{Transport: transport}
	}
	for _, h2 := range []bool{true, false} {
		s.Client = by(tls.VersionTLS13, h2)
		a := s.PostBody(t, strings.NewReader(fmt.Sprintf(demoLogin, app.DemoPassword)))
		if a.Status != http.StatusOK || len(a.Errors) > 0 ||
			a.Header.Get("Strict-Transport-Security") != "max-age=31536000" {
			t.Errorf("%d %s %v", a.Status, a.Text, a.Header)
		}
	}
	s.Client = by(tls.VersionTLS12, false)
	s.Login(t, app.DemoUser, app.DemoPassword)
	if _, err := by(tls.VersionTLS11, false).Get(s.URL + "/healthz"); err == nil {
		t.Error("TLS 1.1 is accepted")
	}
	if response, err := http.Get(strings.Replace(s.URL, "https:", "http:", 1) + "/healthz"); err == nil {
		if response.Body.Close(); response.StatusCode != http.StatusBadRequest {
			t.Errorf("plain HTTP is answered with %s", response.Status)
		}
	}
}

// TestRateLimit_PerUser checks that the rate is in events, for both protocols together and for each user
// separately.
func TestRateLimit_PerUser(t *testing.T) {
	t.Parallel()
	database := storetest.SQLite(t)
	s := apitest.ServeDemo(t, database, "--rate-limit", "17") // 1020 a minute
	apitest.MustCommand(t, "a good password\n", "user", "add", "anna", "--database", database,
		"--secret-key", apitest.SecretKey)
	web := func(n int) apitest.WebResponse {
		rows := make([]string, n)
		for i := range rows {
			rows[i] = apitest.WebEvent(fmt.Sprint("r", i)) + "}"
		}
		return s.WebPost(t, apitest.WebCreatePath, strings.NewReader(`{"token":"`+s.Token+
			`","web_customer_events_set":[`+strings.Join(rows, ",")+`]}`))
	}
	if a := web(400); a.Code != "OK" || !strings.HasPrefix(a.Header.Get("RateLimit"), `"events";r=620;`) ||
		a.Header.Get("RateLimit-Policy") != `"events";q=1020;w=60` {
		t.Errorf("the first 400: %.300s %v", a.Text, a.Header)
	}
	const check = `query ($input: CreateWebCustomerEventsInput!) { checkWebCustomerEvents(input: $input) ` +
		`{ acceptable } }`
	full := apitest.CreateInput(apitest.Events(500))
	if a := s.Post(t, check, full); len(a.Errors) > 0 || a.Header.Get("RateLimit") == "" {
		t.Errorf("a check of 500: %.300s %v", a.Text, a.Header)
	}
	for _, media := range []string{"application/json", "application/graphql-response+json"} {
		a := s.Post(t, apitest.CreateQuery, full, "Accept", media)
		if a.Status != http.StatusTooManyRequests || a.Code() != "RATE_LIMITED" ||
			a.Header.Get("Retry-After") == "" || a.Header.Get("RateLimit") == "" {
			t.Errorf("500 more, %s: %d %.300s %v", media, a.Status, a.Text, a.Header)
		}
	}
	if a := web(501); a.Status != http.StatusTooManyRequests || a.Code != "RateLimitedException" ||
		a.Header.Get("Retry-After") == "" {
		t.Errorf("501 more: %d %.300s", a.Status, a.Text)
	}
	if n := len(s.Page(t, apitest.Object{})); n != 400 {
		t.Errorf("%d events are stored", n)
	}
	s.Token = s.Login(t, "anna", "a good password")
	if got := s.Create(t, apitest.Events(1000)); got.Summary.Processed != 1000 {
		t.Errorf("another user: %+v", got.Summary)
	}
	// Anonymous and other calls have no budget, and cost none.
	s.Token = ""
	a := s.Post(t, apitest.CreateQuery, full)
	if a.Code() != "UNAUTHENTICATED" || a.Header.Get("RateLimit") != "" {
		t.Errorf("an anonymous call: %.300s %v", a.Text, a.Header)
	}
}

// TestCrossOrigin_BothProtocols expects a cross-origin request to be rejected in the form of each
// protocol.
func TestCrossOrigin_BothProtocols(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t), "--cors-origins", "https://app.example.com")
	text := func() *strings.Reader { return strings.NewReader(`{"query":"{ limits { maxPageSize } }"}`) }
	for _, c := range []struct {
		headers []string
		code    string
	}{
		{[]string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, "FORBIDDEN"},
		{[]string{"Origin", "https://evil.example"}, "FORBIDDEN"},
		{[]string{"Sec-Fetch-Site", "cross-site", "Origin", "https://app.example.com"}, ""},
		{[]string{"Sec-Fetch-Site", "same-origin", "Origin", s.URL}, ""},
	} {
		a := s.PostBody(t, text(), append(c.headers, "Accept", "application/graphql-response+json")...)
		if a.Code() != c.code || c.code != "" && a.Status != http.StatusForbidden {
			t.Errorf("%v: %d %s", c.headers, a.Status, a.Text)
		}
		exposed := a.Header.Get("Access-Control-Expose-Headers") != ""
		if exposed != (c.headers[len(c.headers)-1] == "https://app.example.com") {
			t.Errorf("%v: %v", c.headers, a.Header)
		}
		status, _, answer := s.Do(t, http.MethodGet, "/graphql?query=%7B__typename%7D", nil, c.headers...)
		if (status == http.StatusForbidden) != (c.code != "") {
			t.Errorf("GET, %v: %d %s", c.headers, status, answer)
		}
		w := s.WebPost(t, "authentication/token",
			strings.NewReader(`{"username":"demo","password":"demo-password"}`), c.headers...)
		if (w.Code == "ForbiddenException" && w.Status == http.StatusForbidden) != (c.code != "") {
			t.Errorf("Web API, %v: %d %s", c.headers, w.Status, w.Text)
		}
	}
	// A link from another site may open GraphiQL.
	status, _, _ := s.Do(t, http.MethodGet, "/", nil, "Sec-Fetch-Site", "cross-site")
	if status != http.StatusOK {
		t.Errorf("a link to GraphiQL: %d", status)
	}
}

// TestLogin_TrustedProxies checks that the failed logins of one client behind a proxy do not lock out
// others, and that the header of an untrusted proxy is ignored.
func TestLogin_TrustedProxies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		proxies string
		shared  bool // whether all clients have the proxy's address
	}{{"127.0.0.0/8", false}, {"192.0.2.1", true}} {
		s := apitest.ServeDemo(t, storetest.SQLite(t), "--trusted-proxies", c.proxies)
		login := func(password, client string) apitest.Response {
			return s.PostBody(t, strings.NewReader(fmt.Sprintf(demoLogin, password)), "X-Forwarded-For",
				"1.1.1.1, "+client)
		}
		for range 12 {
			login("wrong", "203.0.113.9")
		}
		if a := login("wrong", "203.0.113.9"); a.Code() != "RATE_LIMITED" {
			t.Errorf("%s: the failing client: %s", c.proxies, a.Text)
		}
		if a := login(app.DemoPassword, "203.0.113.9"); (a.Code() == "RATE_LIMITED") == c.shared {
			t.Errorf("%s: the failing client, with the right password: %s", c.proxies, a.Text)
		}
		if a := login(app.DemoPassword, "203.0.113.10"); a.Code() != "" {
			t.Errorf("%s: another client: %s", c.proxies, a.Text)
		}
		if a := login("wrong", "203.0.113.11"); (a.Code() == "RATE_LIMITED") != c.shared {
			t.Errorf("%s: another failing client: %s", c.proxies, a.Text)
		}
		warned := strings.Count(s.Log.String(), "--trusted-proxies")
		if warned != map[bool]int{true: 1}[c.shared] {
			t.Errorf("%s: the log warns %d times of a proxy that is not trusted", c.proxies, warned)
		}
		want := map[bool]string{false: `"address":"203.0.113.9"`, true: `"address":"127.0.0.1"`}[c.shared]
		if !strings.Contains(s.Log.String(), want) {
			t.Errorf("%s: the log has no %s", c.proxies, want)
		}
	}
}
