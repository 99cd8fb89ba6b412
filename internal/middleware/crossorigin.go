package middleware

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/rs/cors"
)

// CrossOrigin decides which web pages may call the server from a browser: its own, and those of the given
// origins.
type CrossOrigin struct {
	protection *http.CrossOriginProtection
	cors       *cors.Cors // nil without origins, because the library would allow every origin
}

// ParseCrossOrigin parses a comma-separated list of origins.
func ParseCrossOrigin(list string) (*CrossOrigin, error) {
	c := &CrossOrigin{protection: http.NewCrossOriginProtection()}
	var origins []string
	for origin := range strings.SplitSeq(list, ",") {
		origin = strings.TrimSpace(origin)
		if origin == "" {
			continue
		}
		if err := checkOrigin(origin); err != nil {
			return nil, err
		}
		if err := c.protection.AddTrustedOrigin(origin); err != nil {
			return nil, fmt.Errorf("cors-origins (%s) is not valid: %w", origin, err)
		}
		origins = append(origins, origin)
	}
	if origins != nil {
		c.cors = cors.New(cors.Options{
			AllowedOrigins: origins,
			AllowedMethods: []string{http.MethodGet, http.MethodPost},
			AllowedHeaders: []string{"Authorization", "Content-Type", "Idempotency-Key"},
			ExposedHeaders: []string{"X-Request-Id", "Retry-After", "RateLimit", "RateLimit-Policy"},
			MaxAge:         7200, // seconds; the most that browsers accept
		})
	}
	return c, nil
}

// checkOrigin returns an error unless the origin is spelled exactly as browsers send it. The library
// would take a star for a pattern.
func checkOrigin(origin string) error {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" ||
		origin != u.Scheme+"://"+u.Host || origin != strings.ToLower(origin) ||
		strings.Contains(origin, "*") ||
		u.Scheme == "https" && u.Port() == "443" || u.Scheme == "http" && u.Port() == "80" {
		return fmt.Errorf("cors-origins (%s) is not valid: write origins as browsers do, such as "+
			"https://app.example.com or http://localhost:3000, "+
			"without a path, a star or a default port", origin)
	}
	return nil
}

// ErrCrossOrigin is the error of a request from a web page of another site.
var ErrCrossOrigin = errors.New(
	"a page of another site may not send this request: its origin is not among cors-origins")

// Check returns ErrCrossOrigin if a browser sends the request for a page of another site. It checks GET
// requests too, because they may be queries. It accepts requests without a browser's headers.
func (c *CrossOrigin) Check(r *http.Request) error {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		post := *r
		post.Method = http.MethodPost // the library accepts every GET
		r = &post
	}
	if c.protection.Check(r) != nil {
		return ErrCrossOrigin
	}
	return nil
}

// CORS lets pages of the given origins read the responses. It allows no cookies: tokens are sent in a
// header.
func (c *CrossOrigin) CORS(next http.Handler) http.Handler {
	if c.cors == nil {
		return next
	}
	return c.cors.Handler(next)
}

// IsLoopbackHost reports whether the request's Host is localhost or a loopback address. Another site can
// point its own name at the loopback address (DNS rebinding). The browser then treats both as one site,
// but Host still has the name.
func IsLoopbackHost(r *http.Request) bool {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	address, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") ||
		err == nil && address.IsLoopback()
}
