package middleware

import (
	"crypto/tls"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// renewals is a certificate whose files the test replaces.
type renewals struct {
	*Certificate
	log    strings.Builder
	logger *slog.Logger
	config *tls.Config
	clock  time.Time
}

func newRenewals(t *testing.T) *renewals {
	t.Helper()
	folder := t.TempDir()
	r := &renewals{clock: time.Now()}
	certFile, keyFile := filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	writeValid(t, certFile, keyFile, "old", r.clock.Add(-time.Hour), r.clock.Add(time.Hour))
	c, err := LoadCertificate(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	c.now = func() time.Time { return r.clock }
	r.Certificate, r.logger, r.config = c, slog.New(slog.NewTextHandler(&r.log, nil)), c.TLS()
	return r
}

// replace writes a certificate with dates relative to the clock over the previous one, and reloads it.
func (r *renewals) replace(t *testing.T, name string, from, until time.Duration) {
	t.Helper()
	writeValid(t, r.certFile, r.keyFile, name, r.clock.Add(from), r.clock.Add(until))
	r.reload(r.logger)
}

func (r *renewals) want(t *testing.T, name string, lines int, text string) {
	t.Helper()
	for range 3 {
		r.reload(r.logger) // nothing has changed, so nothing is logged
	}
	pair, err := r.config.GetCertificate(nil)
	if err != nil || pair.Leaf.Subject.CommonName != name {
		t.Errorf("%v is served, not %s (%v)", pair.Leaf.Subject, name, err)
	}
	got := r.log.String()
	if strings.Count(got, "\n") != lines || !strings.Contains(got, text) ||
		!strings.Contains(got, r.certFile) {
		t.Errorf("want %d lines with %q:\n%s", lines, text, got)
	}
	r.log.Reset()
}

// An invalid certificate does not replace a valid one, and the log says so once for each change.
func TestCertificate_InvalidRenewal(t *testing.T) {
	t.Parallel()
	t.Run("expired", func(t *testing.T) {
		r := newRenewals(t)
		r.replace(t, "expired", -3*time.Hour, -2*time.Hour)
		r.want(t, "old", 1, "level=WARN")
		r.replace(t, "expired too", -3*time.Hour, -time.Minute)
		r.want(t, "old", 1, r.clock.Add(-time.Minute).UTC().Format("2006-01-02T15:04"))
		r.replace(t, "new", -time.Hour, 2*time.Hour)
		r.want(t, "new", 1, "level=INFO")
	})
	t.Run("not yet valid", func(t *testing.T) {
		r := newRenewals(t)
		r.replace(t, "future", 30*time.Minute, 3*time.Hour)
		r.want(t, "old", 1, "level=WARN")
		r.clock = r.clock.Add(31 * time.Minute)
		r.reload(r.logger)
		r.want(t, "future", 1, "level=INFO")
	})
	t.Run("with another key", func(t *testing.T) {
		r := newRenewals(t)
		key, err := os.ReadFile(r.keyFile)
		if err != nil {
			t.Fatal(err)
		}
		writeValid(t, r.certFile, r.keyFile, "new", r.clock.Add(-time.Hour), r.clock.Add(time.Hour))
		if err := os.WriteFile(r.keyFile, key, 0o600); err != nil {
			t.Fatal(err)
		}
		r.want(t, "old", 1, "level=ERROR")
	})
	t.Run("removed, and then expired", func(t *testing.T) {
		r := newRenewals(t)
		if err := os.Remove(r.certFile); err != nil {
			t.Fatal(err)
		}
		r.want(t, "old", 1, "level=ERROR")
		r.clock = r.clock.Add(2 * time.Hour)
		r.want(t, "old", 1, "level=ERROR")
	})
	t.Run("expired while served", func(t *testing.T) {
		r := newRenewals(t)
		r.clock = r.clock.Add(2 * time.Hour)
		r.want(t, "old", 1, "level=WARN")
		r.replace(t, "expired", -3*time.Hour, -2*time.Hour)
		r.want(t, "expired", 1, "level=WARN")
	})
}

// A disk that hangs blocks no handshake.
func TestCertificate_HangingDisk(t *testing.T) {
	t.Parallel()
	r := newRenewals(t)
	hangs, release := make(chan struct{}), make(chan struct{})
	r.readFile = func(name string) ([]byte, error) {
		close(hangs)
		<-release
		return nil, os.ErrDeadlineExceeded
	}
	reloaded := make(chan struct{})
	go func() { defer close(reloaded); r.reload(r.logger) }()
	<-hangs
	served := make(chan struct{})
	go func() { defer close(served); _, _ = r.config.GetCertificate(nil) }()
	select {
	case <-served:
	case <-time.After(5 * time.Second):
		t.Error("a handshake waits for the disk")
	}
	close(release)
	<-reloaded
}
