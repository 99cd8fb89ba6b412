package gate

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// rereadEvery is how old a certificate may get before its files are looked at again: those who renew it by a program need not
// restart the server.
const rereadEvery = time.Minute

// Certificate is the server's certificate with its key, in PEM files.
type Certificate struct {
	certFile, keyFile string
	now               func() time.Time

	mu   sync.Mutex
	pair *tls.Certificate
	read time.Time
}

// LoadCertificate reads a certificate. It fails unless both files are given, or neither: then there is none, and it is nil.
func LoadCertificate(certFile, keyFile string) (*Certificate, error) {
	switch {
	case certFile == "" && keyFile == "":
		return nil, nil
	case certFile == "" || keyFile == "":
		return nil, errors.New("tls-cert and tls-key belong together: give both, or neither")
	}
	c := &Certificate{certFile: certFile, keyFile: keyFile, now: time.Now}
	if err := c.reread(); err != nil {
		return nil, fmt.Errorf("tls-cert (%s) and tls-key (%s) are not valid: %w", certFile, keyFile, err)
	}
	return c, nil
}

func (c *Certificate) reread() error {
	c.read = c.now()
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err == nil {
		c.pair = &pair
	}
	return err
}

// TLS is what a server needs to show the certificate. A renewed one that cannot be read is logged, and the one before is shown.
func (c *Certificate) TLS(log *slog.Logger) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			c.mu.Lock()
			defer c.mu.Unlock()
			if c.now().Sub(c.read) >= rereadEvery {
				if err := c.reread(); err != nil {
					log.Error("the renewed certificate cannot be read, the one before is shown", "error", err)
				}
			}
			return c.pair, nil
		},
	}
}
