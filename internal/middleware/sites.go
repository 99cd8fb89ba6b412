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

// CrossOrigin are the web pages that may call the server from a browser: its own, and those of the origins given.
type CrossOrigin struct {
	protection *http.CrossOriginProtection
	cors       *cors.Cors // nil without origins: of none, the library makes all
}

// ParseCrossOrigin reads a list of origins, with commas between them.
func ParseCrossOrigin(list string) (*CrossOrigin, error) {
	s := &CrossOrigin{protection: http.NewCrossOriginProtection()}
	var origins []string
	for origin := range strings.SplitSeq(list, ",") {
		origin = strings.TrimSpace(origin)
		if origin == "" {
			continue
		}
		if err := checkOrigin(origin); err != nil {
			return nil, err
		}
		if err := s.protection.AddTrustedOrigin(origin); err != nil {
			return nil, fmt.Errorf("cors-origins (%s) is not valid: %w", origin, err)
		}
		origins = append(origins, origin)
	}
	if origins != nil {
		s.cors = cors.New(cors.Options{
			AllowedOrigins: origins,
			AllowedMethods: []string{http.MethodGet, http.MethodPost},
			AllowedHeaders: []string{"Authorization", "Content-Type", "Idempotency-Key"},
			ExposedHeaders: []string{"X-Request-Id", "Retry-After", "RateLimit", "RateLimit-Policy"},
			MaxAge:         7200, // seconds; browsers keep an answer no longer
		})
	}
	return s, nil
}

// checkOrigin wants an origin letter for letter as browsers send it. A star would be a pattern to the library.
func checkOrigin(origin string) error {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || origin != u.Scheme+"://"+u.Host ||
		origin != strings.ToLower(origin) || strings.Contains(origin, "*") ||
		u.Scheme == "https" && u.Port() == "443" || u.Scheme == "http" && u.Port() == "80" {
		return fmt.Errorf("cors-origins (%s) is not valid: write origins as browsers do, such as https://app.example.com or http://localhost:3000, without a path, a star or a usual port", origin)
	}
	return nil
}

// ErrCrossOrigin refuses a request of another site's page.
var ErrCrossOrigin = errors.New("a page of another site may not send this request: its origin is not among cors-origins")

// Check refuses what a browser sends for a page of another site, queries by GET too. What does not come from a browser says
// nothing of sites, and is let through.
func (s *CrossOrigin) Check(r *http.Request) error {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		alike := *r
		alike.Method = http.MethodPost // the library lets GET through
		r = &alike
	}
	if s.protection.Check(r) != nil {
		return ErrCrossOrigin
	}
	return nil
}

// CORS lets pages of the origins read the answers. No credentials of the browser's own are allowed: tokens go by header.
func (s *CrossOrigin) CORS(next http.Handler) http.Handler {
	if s.cors == nil {
		return next
	}
	return s.cors.Handler(next)
}

// IsLoopbackHost reports whether a request names a host of the loopback. A page of another site may have its own name lead to the
// loopback, and is then no other site to the browser; but the name stays its own.
func IsLoopbackHost(r *http.Request) bool {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	address, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") || err == nil && address.IsLoopback()
}
