package sender

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// permanentError reports a request that cannot succeed later either.
type permanentError struct {
	err    error
	remedy string
}

func (e *permanentError) Error() string {
	if e.remedy == "" {
		return e.err.Error()
	}
	return e.err.Error() + ": " + e.remedy
}

func (e *permanentError) Unwrap() error { return e.err }

// connectionError adds the server's address to the error of a request without a response. It returns a
// permanentError if the same request cannot succeed later.
func (c *client) connectionError(err error) error {
	var request *url.Error
	if errors.As(err, &request) {
		err = request.Err
	}
	err = fmt.Errorf("%s: %w", c.server, err)
	if remedy, permanent := c.remedy(err); permanent {
		return &permanentError{err, remedy}
	}
	return err
}

// spokeFirst is how net/http reports a server that sends before it gets a request, such as a database.
const spokeFirst = "readLoopPeekFailLocked: %!w(<nil>)"

func (c *client) remedy(err error) (remedy string, permanent bool) {
	var (
		authority   x509.UnknownAuthorityError
		host        x509.HostnameError
		invalid     x509.CertificateInvalidError
		certificate *tls.CertificateVerificationError
		record      tls.RecordHeaderError
		name        *net.DNSError
		address     *net.AddrError
	)
	text := err.Error()
	switch {
	case errors.As(err, &authority):
		return "name the certificate of the authority that signed it with --ca-cert FILE", true
	case errors.As(err, &host):
		return "name the server as its certificate does, with --server", true
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the server needs a new certificate, if the clock of this computer is right", true
	case errors.As(err, &certificate):
		return "", true
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &record):
		return "write http:// in place of https:// if the server has no certificate", true
	case strings.Contains(text, "malformed HTTP"), strings.Contains(text, spokeFirst):
		return "it is no HTTP server, or one that needs https:// in place of http://", true
	case strings.Contains(text, ": tls: "): // an alert of the server, or of this side
		return "the server does not accept this TLS connection", true
	case errors.As(err, &address):
		return "write the address as http://127.0.0.1:8080/graphql", true
	// The name of a server that has responded may be missing while that server is restarted.
	case errors.As(err, &name) && name.IsNotFound && !c.reached.Load():
		return "check the name of the server in --server", true
	}
	return "", false
}

// notGraphQL says what a response is that is not GraphQL, and what to do.
func (c *client) notGraphQL(response *http.Response, text []byte) string {
	if to := response.Header.Get("Location"); to != "" && response.StatusCode/100 == 3 {
		return "it redirects to " + printable(to) + ": name that address with --server if it is the right one"
	}
	if response.StatusCode == http.StatusBadRequest && strings.HasPrefix(c.server, "http:") &&
		bytes.Contains(text, []byte("HTTPS")) {
		return "it needs https:// in place of http://"
	}
	return "that is not GraphQL: is " + c.server + " the address of a server of customer events, " +
		"such as http://127.0.0.1:8080/graphql?"
}

// withLoginHint adds to the error of a login which options it depends on.
func withLoginHint(err error) error {
	var failed *requestError
	if errors.As(err, &failed) && failed.status == http.StatusUnauthorized {
		return fmt.Errorf("%w: check --username and the password", err)
	}
	return err
}
