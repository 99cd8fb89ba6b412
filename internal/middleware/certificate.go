package middleware

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"
)

// reloadInterval is how often the certificate's files are read, so that a renewal needs no restart of the
// server.
const reloadInterval = 10 * time.Second

// Certificate is the server's certificate and key in PEM files. It is reloaded when the files change.
type Certificate struct {
	certFile, keyFile string
	now               func() time.Time
	readFile          func(string) ([]byte, error)

	// served is the certificate of handshakes. They read no files, so that a disk that hangs cannot block
	// them.
	served atomic.Pointer[loadedPair]
	// newest is the last valid pair of the files, served or not. lastLogged is the condition that was
	// logged last. Only the goroutine that reloads uses them.
	newest     *loadedPair
	lastLogged string
}

// loadedPair is a certificate chain with its period of validity.
type loadedPair struct {
	pair        *tls.Certificate
	content     [sha256.Size]byte
	from, until time.Time
}

func (l *loadedPair) valid(now time.Time) bool { return !now.Before(l.from) && !now.After(l.until) }

// LoadCertificate reads a certificate. It returns nil if neither file is given, and an error if only one is.
func LoadCertificate(certFile, keyFile string) (*Certificate, error) {
	switch {
	case certFile == "" && keyFile == "":
		return nil, nil
	case certFile == "" || keyFile == "":
		return nil, errors.New("tls-cert and tls-key belong together: give both, or neither")
	}
	c := &Certificate{certFile: certFile, keyFile: keyFile, now: time.Now, readFile: os.ReadFile}
	first, _, err := c.load()
	if err != nil {
		return nil, fmt.Errorf("tls-cert (%s) and tls-key (%s) are not valid: %w", certFile, keyFile, err)
	}
	c.newest = first
	c.served.Store(first)
	return c, nil
}

// load reads the files. It returns the newest pair if they have not changed. The state identifies the
// content of the files or the error of reading them, so that the caller can tell a new condition from the
// last one.
func (c *Certificate) load() (l *loadedPair, state string, err error) {
	certificate, err := c.readFile(c.certFile)
	if err != nil {
		return nil, err.Error(), err
	}
	key, err := c.readFile(c.keyFile)
	if err != nil {
		return nil, err.Error(), err
	}
	content := sha256.Sum256(append(append(append([]byte{}, certificate...), 0), key...))
	state = fmt.Sprintf("%x", content)
	if c.newest != nil && content == c.newest.content {
		return c.newest, state, nil
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return nil, state, err
	}
	l = &loadedPair{pair: &pair, content: content}
	// A chain is valid while all of its certificates are.
	for i, der := range pair.Certificate {
		parsed, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, state, err
		}
		if i == 0 || parsed.NotBefore.After(l.from) {
			l.from = parsed.NotBefore
		}
		if i == 0 || parsed.NotAfter.Before(l.until) {
			l.until = parsed.NotAfter
		}
	}
	return l, state, nil
}

// Watch reloads the files until the context ends. It serves a renewed certificate unless the served one
// is better: it keeps the served one if the files are unreadable, not a pair, expired or not yet valid.
// It logs each such condition once.
func (c *Certificate) Watch(ctx context.Context, log *slog.Logger) {
	c.reload(log)
	ticker := time.NewTicker(reloadInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			c.reload(log)
		}
	}
}

// reload reads the files once. It checks the validity each time, because that changes with the clock.
func (c *Certificate) reload(log *slog.Logger) {
	files := []any{"certificate", c.certFile, "key", c.keyFile}
	now, before := c.now(), c.served.Load()
	newest, state, err := c.load()
	if err != nil {
		c.logOnce(fmt.Sprint("unreadable: ", state, before.valid(now)), func() {
			log.Error("the renewed certificate cannot be read, the previous one is still served: "+
				"correct the files",
				append(files, "error", err, "served_until", before.until)...)
		})
		return
	}
	c.newest = newest
	dates := append(files, "valid_from", newest.from, "valid_until", newest.until)
	switch {
	case newest.valid(now):
		c.served.Store(newest)
		if before != newest {
			log.Info("serving a renewed certificate", dates...)
		}
		c.lastLogged = ""
	case newest != before && before.valid(now):
		c.logOnce("kept: "+state, func() {
			log.Warn("the renewed certificate has expired or is not valid yet, the previous one is still "+
				"served: renew it",
				append(dates, "served_until", before.until)...)
		})
	default:
		c.served.Store(newest)
		c.logOnce("served: "+state, func() {
			log.Warn("the served certificate has expired or is not valid yet: renew it", dates...)
		})
	}
}

// logOnce logs a condition unless it was the last one that was logged.
func (c *Certificate) logOnce(condition string, write func()) {
	if c.lastLogged != condition {
		c.lastLogged = condition
		write()
	}
}

// ValidUntil returns when the first certificate of the served chain expires.
func (c *Certificate) ValidUntil() time.Time { return c.served.Load().until }

// TLS returns the configuration of a server that serves the certificate.
func (c *Certificate) TLS() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return c.served.Load().pair, nil
		},
	}
}
