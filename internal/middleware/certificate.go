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

// reloadInterval is how often the certificate's files are looked at: programs that renew it need not restart the server.
const reloadInterval = 10 * time.Second

// Certificate is the server's certificate with its key, in PEM files.
type Certificate struct {
	certFile, keyFile string
	now               func() time.Time
	readFile          func(string) ([]byte, error)

	// served is what handshakes show. They read nothing else, so that a disk that hangs cannot stop them.
	served atomic.Pointer[loaded]
	// newest is what the files held when they last made a pair, served or not; told is the condition that was logged
	// last. Both belong to the goroutine that rereads.
	newest *loaded
	told   string
}

// loaded is a certificate with the time in which it is valid.
type loaded struct {
	pair        *tls.Certificate
	content     [sha256.Size]byte
	from, until time.Time
}

func (l *loaded) valid(now time.Time) bool { return !now.Before(l.from) && !now.After(l.until) }

// LoadCertificate reads a certificate. It fails unless both files are given, or neither: then there is none, and it is nil.
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

// load reads the files. It returns what it read last if they have not changed. An error comes with what it is about,
// so that it is known whether the next one is another.
func (c *Certificate) load() (l *loaded, about string, err error) {
	certificate, err := c.readFile(c.certFile)
	if err != nil {
		return nil, err.Error(), err
	}
	key, err := c.readFile(c.keyFile)
	if err != nil {
		return nil, err.Error(), err
	}
	content := sha256.Sum256(append(append(append([]byte{}, certificate...), 0), key...))
	about = fmt.Sprintf("%x", content)
	if c.newest != nil && content == c.newest.content {
		return c.newest, about, nil
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return nil, about, err
	}
	l = &loaded{pair: &pair, content: content}
	// A chain is valid while each of its certificates is.
	for i, der := range pair.Certificate {
		one, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, about, err
		}
		if i == 0 || one.NotBefore.After(l.from) {
			l.from = one.NotBefore
		}
		if i == 0 || one.NotAfter.Before(l.until) {
			l.until = one.NotAfter
		}
	}
	return l, about, nil
}

// Watch looks at the files until the context ends. Renewed ones are served unless they are worse than those before:
// not readable, not a pair, expired or not yet valid. Each such condition is logged once.
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

// reload looks at the files once. Validity is judged each time, since it also changes without a change of the files.
func (c *Certificate) reload(log *slog.Logger) {
	files := []any{"certificate", c.certFile, "key", c.keyFile}
	now, before := c.now(), c.served.Load()
	newest, about, err := c.load()
	if err != nil {
		c.tell(fmt.Sprint("unreadable: ", about, before.valid(now)), func() {
			log.Error("the renewed certificate cannot be read; the one before is still served: correct the files",
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
			log.Info("a renewed certificate is served", dates...)
		}
		c.told = ""
	case newest != before && before.valid(now):
		c.tell("kept: "+about, func() {
			log.Warn("the renewed certificate has expired or is not valid yet; the one before is still served: renew it",
				append(dates, "served_until", before.until)...)
		})
	default:
		c.served.Store(newest)
		c.tell("served: "+about, func() {
			log.Warn("the certificate that is served has expired or is not valid yet: renew it", dates...)
		})
	}
}

// tell logs a condition when it begins.
func (c *Certificate) tell(condition string, write func()) {
	if c.told != condition {
		c.told = condition
		write()
	}
}

// TLS is what a server needs to show the certificate.
func (c *Certificate) TLS() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return c.served.Load().pair, nil
		},
	}
}
