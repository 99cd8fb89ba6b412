package sender

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// listenRaw serves the bytes of another protocol to every connection.
func listenRaw(t *testing.T, greeting string) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(connection, greeting)
			_, _ = connection.Read(make([]byte, 1024))
			_ = connection.Close()
		}
	}()
	return "http://" + listener.Addr().String()
}

func respondWith(status int, contentType, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}
}

// A run ends at once, with the remedy, when no later try can succeed.
func TestSend_EndsAtOnce(t *testing.T) {
	t.Parallel()
	serve := func(handler http.Handler, tlsConfig *tls.Config) string {
		s := httptest.NewUnstartedServer(handler)
		s.Config.ErrorLog = log.New(io.Discard, "", 0)
		if s.TLS = tlsConfig; tlsConfig != nil {
			s.StartTLS()
		} else {
			s.Start()
		}
		t.Cleanup(s.Close)
		return s.URL
	}
	notFound := http.NotFoundHandler()
	json := func(status int, text string) string {
		return serve(respondWith(status, "application/json", text), nil)
	}
	html := func(status int) string { return serve(respondWith(status, "text/html", "<html>"), nil) }
	const mysql = "J\x00\x00\x00\x0a8.0.36\x00\x08\x00\x00\x00caching_sha2_password\x00"
	moved := http.RedirectHandler("https://other.example/graphql", http.StatusMovedPermanently)
	plain, encrypted := serve(notFound, nil), serve(notFound, &tls.Config{})
	for name, c := range map[string]struct{ server, want string }{
		"unknown certificate": {encrypted, "with --ca-cert FILE"},
		"http for https": {
			strings.Replace(encrypted, "https", "http", 1), "it needs https:// in place of http://",
		},
		"https for http": {
			strings.Replace(plain, "http", "https", 1), "write http:// in place of https://",
		},
		"another path":       {plain, "status 404: that is not GraphQL"},
		"unknown host":       {"http://no-such-host.invalid:8080", "check the name of the server"},
		"no port":            {"http://127.0.0.1:99999", "write the address as"},
		"SSH":                {listenRaw(t, "SSH-2.0-OpenSSH_9.2\r\n"), "it is no HTTP server"},
		"MySQL":              {listenRaw(t, mysql), "it is no HTTP server"},
		"a TLS alert":        {listenRaw(t, "\x15\x03\x01\x00\x02\x02\x0a"), "https:// in place of http://"},
		"HTML":               {html(200), "that is not GraphQL"},
		"other JSON":         {json(200, `{"status":"ok"}`), "form of the schema"},
		"a JSON list":        {json(200, `[]`), "that is not GraphQL"},
		"no response text":   {json(204, ""), "that is not GraphQL"},
		"no POST":            {html(405), "status 405"},
		"no POST, as Python": {html(501), "status 501"},
		"gone":               {html(410), "status 410"},
		"another schema":     {json(200, `{"errors":[{"message":"Cannot query field"}]}`), "Cannot query field"},
		"a wrong password": {
			json(401, `{"errors":[{"message":"wrong","extensions":{"code":"UNAUTHENTICATED"}}]}`),
			"check --username and the password",
		},
		"a login of a proxy": {html(401), "status 401"},
		"forbidden":          {html(403), "status 403"},
		"redirected": {
			serve(moved, nil), "it redirects to https://other.example/graphql: name that address",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "x.ndjson")
			if err := os.WriteFile(path, []byte("{}\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			var report strings.Builder
			start := time.Now()
			_, err := Send(t.Context(), Options{
				File:         path,
				Server:       c.server,
				Username:     "u",
				Password:     "p",
				RetryTimeout: 20 * time.Second,
				Report:       &report,
			})
			if err == nil || !strings.Contains(err.Error(), c.want) || time.Since(start) > 15*time.Second ||
				strings.Contains(report.String(), "trying again") {
				t.Errorf("after %s: %v: %s", time.Since(start), err, report.String())
			}
		})
	}
}

// A trusted authority changes the result; a name that the certificate does not have remains an error.
func TestSend_Authorities(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(respondWith(404, "text/plain", ""))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	defer s.Close()
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	path := filepath.Join(t.TempDir(), "x.ndjson")
	if err := os.WriteFile(path, []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	mutual := httptest.NewUnstartedServer(respondWith(404, "text/plain", ""))
	mutual.Config.ErrorLog, mutual.TLS = s.Config.ErrorLog, &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	mutual.StartTLS()
	defer mutual.Close()
	for server, want := range map[string]string{
		s.URL:      "status 404",
		mutual.URL: "the server does not accept this TLS connection",
		strings.Replace(s.URL, "127.0.0.1", "localhost", 1): "name the server as its certificate does",
	} {
		_, err := Send(t.Context(), Options{
			File:         path,
			Server:       server,
			Username:     "u",
			RetryTimeout: time.Minute,
			Authorities:  pool,
		})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", server, err)
		}
	}
}

// The name of a server that has responded may be missing for a while, when it is restarted.
func TestSend_UnknownHostLater(t *testing.T) {
	t.Parallel()
	unknown := &net.DNSError{Err: "no such host", Name: "server", IsNotFound: true}
	c := &client{server: "http://server/graphql"}
	if err := c.connectionError(unknown); retryable(err) {
		t.Errorf("before the first response: %v", err)
	}
	c.reached.Store(true)
	if err := c.connectionError(unknown); !retryable(err) {
		t.Errorf("after the first response: %v", err)
	}
	c = &client{server: "http://server/graphql"}
	if err := c.connectionError(&net.DNSError{Err: "server misbehaving", IsTemporary: true}); !retryable(err) {
		t.Errorf("of a temporary error: %v", err)
	}
}
