package app

import (
	"crypto/x509"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
)

const serverExample = "http://127.0.0.1:8080/graphql"

// serverAddress completes the address of a server: a loopback address needs no scheme, and /graphql is the
// default path. A password in the address would appear wherever the address is printed, so that an address
// with a user is rejected, and not shown.
func serverAddress(text string) (string, error) {
	invalid := func(reason string) (string, error) {
		shown := " (" + text + ")"
		if strings.ContainsAny(text, "@\n\r\x1b") {
			shown = ""
		}
		return "", fmt.Errorf("server%s is not valid: %s", shown, reason)
	}
	full := text
	if !strings.Contains(text, "://") {
		if !isLoopback(text) {
			return invalid("write http:// or https://, host and path, without a user, such as " + serverExample)
		}
		full = "http://" + text
	}
	at, err := url.Parse(full)
	if err != nil || at.Scheme != "http" && at.Scheme != "https" || at.Hostname() == "" || at.User != nil {
		return invalid("write http:// or https://, host and path, without a user, such as " + serverExample)
	}
	if port, err := strconv.Atoi(at.Port()); at.Port() != "" && (err != nil || port < 1 || port > 65535) {
		return invalid("write a port from 1 to 65535, such as " + serverExample)
	}
	switch at.Path {
	case "", "/", "/graphql/":
		at.Path = "/graphql"
	}
	at.Fragment = ""
	return at.String(), nil
}

// isLoopback reports whether an address without a scheme names this computer.
func isLoopback(address string) bool {
	at, err := url.Parse("//" + address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(at.Hostname())
	return strings.EqualFold(at.Hostname(), "localhost") || err == nil && ip.IsLoopback()
}

// authorities reads a file of certificates to trust, beside those of the system. It returns nil for those of
// the system alone.
func authorities(path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("ca-cert: %w: name a file of certificates", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil { // some systems have none
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("ca-cert (%s) has no certificate: name a PEM file that has lines of "+
			"BEGIN CERTIFICATE", path)
	}
	return pool, nil
}
