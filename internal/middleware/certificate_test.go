package middleware

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"customer-events/test/testutil"
)

// write writes a new certificate for a name.
func write(t *testing.T, certFile, keyFile, name string) {
	t.Helper()
	writeValid(t, certFile, keyFile, name, time.Time{}, time.Now().Add(time.Hour))
}

// writeValid writes a new certificate for a name with a period of validity.
func writeValid(t *testing.T, certFile, keyFile, name string, from, until time.Time) {
	t.Helper()
	testutil.WriteCertificate(t, certFile, keyFile, &x509.Certificate{
		Subject:   pkix.Name{CommonName: name},
		NotBefore: from,
		NotAfter:  until,
	})
}

func TestCertificate_Reload(t *testing.T) {
	t.Parallel()
	certFile, keyFile := filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	if _, err := LoadCertificate(certFile, keyFile); err == nil || !strings.Contains(err.Error(), certFile) {
		t.Errorf("no files: %v", err)
	}
	if c, err := LoadCertificate("", ""); c != nil || err != nil {
		t.Errorf("none given: %v, %v", c, err)
	}
	for _, files := range [][2]string{{certFile, ""}, {"", keyFile}} {
		if _, err := LoadCertificate(files[0], files[1]); err == nil {
			t.Errorf("%v: one file is not enough", files)
		}
	}
	write(t, certFile, keyFile, "first")
	c, err := LoadCertificate(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	logger := slog.New(slog.NewTextHandler(&log, nil))
	config := c.TLS()
	served := func(want string) {
		t.Helper()
		pair, err := config.GetCertificate(nil)
		if err != nil || pair.Leaf.Subject.CommonName != want {
			t.Errorf("%v is served, not %s (%v)", pair, want, err)
		}
	}
	write(t, certFile, keyFile, "second")
	served("first")
	c.reload(logger)
	served("second")
	if err := os.WriteFile(keyFile, []byte("half of it"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		c.reload(logger)
		served("second")
	}
	if n := strings.Count(log.String(), "renewed certificate cannot"); n != 1 {
		t.Errorf("logged %d times: %s", n, log.String())
	}
}
