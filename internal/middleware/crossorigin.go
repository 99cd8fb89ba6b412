package middleware

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/rs/cors"

	"customer-events/models"
)

// CrossOrigin decides which web pages may call the server from a browser: its own, and those of the given
// origins.
type CrossOrigin struct {
	protection *http.CrossOriginProtection
	origins    []string
}

// allowedHeaders are the request headers that pages of the given origins may send: those of the APIs, of
// tracing, and those that GraphQL clients add by themselves.
var allowedHeaders = []string{
	"Authorization", "Content-Type", "Idempotency-Key", "X-Request-Id",
	"traceparent", "tracestate", "baggage", "sentry-trace",
	"Apollo-Require-Preflight", "X-Apollo-Operation-Name", "X-Apollo-Operation-Id",
	"GraphQL-Preflight", "GraphQL-Require-Preflight", "X-Requested-With",
}

// apolloHeaders is the prefix of the headers in which Apollo's clients name themselves. The library has no
// prefixes.
const apolloHeaders = "apollographql-"

// ParseCrossOrigin parses a comma-separated list of origins.
func ParseCrossOrigin(list string) (*CrossOrigin, error) {
	c := &CrossOrigin{protection: http.NewCrossOriginProtection()}
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
		c.origins = append(c.origins, origin)
	}
	return c, nil
}

// options returns the options of the CORS library for a preflight that asks for more headers.
func (c *CrossOrigin) options(more ...string) cors.Options {
	return cors.Options{
		AllowedOrigins: c.origins,
		AllowedMethods: []string{http.MethodGet, http.MethodPost},
		AllowedHeaders: slices.Concat(allowedHeaders, more),
		ExposedHeaders: []string{"X-Request-Id", "Retry-After", "RateLimit", "RateLimit-Policy"},
		MaxAge:         7200, // seconds; the most that browsers accept
	}
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
type ErrCrossOrigin struct {
	// Origin is the header Origin of the request, shortened and without control characters; empty if the
	// request has none.
	Origin string
}

// Error names the origin and the option that permits it.
func (e ErrCrossOrigin) Error() string {
	if e.Origin == "" {
		return "a page of another site may not send this request, which does not name its origin: " +
			"the origins in --cors-origins may"
	}
	return "a page of the origin " + e.Origin + " may not send this request: " +
		"add the origin to --cors-origins to permit it"
}

// Check returns ErrCrossOrigin if a browser sends the request for a page of another site. It checks GET
// requests and preflights too, because they may be queries or announce calls. It accepts requests without a
// browser's headers.
func (c *CrossOrigin) Check(r *http.Request) error {
	if r.Method == http.MethodGet || r.Method == http.MethodHead || isPreflight(r) {
		post := *r
		post.Method = http.MethodPost // the library accepts every GET and OPTIONS
		r = &post
	}
	if c.protection.Check(r) != nil {
		return ErrCrossOrigin{models.Sanitize(r.Header.Get("Origin"))}
	}
	return nil
}

func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
}

// CORS lets pages of the given origins read the responses. It allows no cookies: tokens are sent in a
// header.
func (c *CrossOrigin) CORS(next http.Handler) http.Handler {
	if c.origins == nil { // the library would allow every origin
		return next
	}
	usual := cors.New(c.options()).Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch more := apolloHeadersOf(r); {
		case isPreflight(r) && c.Check(r) != nil:
			next.ServeHTTP(w, r) // the library would give no reason
		case more != nil:
			cors.New(c.options(more...)).Handler(next).ServeHTTP(w, r)
		default:
			usual.ServeHTTP(w, r)
		}
	})
}

// apolloHeadersOf returns the headers with Apollo's prefix that a preflight asks for.
func apolloHeadersOf(r *http.Request) (headers []string) {
	if !isPreflight(r) {
		return nil
	}
	for _, list := range r.Header.Values("Access-Control-Request-Headers") {
		for header := range strings.SplitSeq(list, ",") {
			if header = strings.TrimSpace(header); strings.HasPrefix(header, apolloHeaders) {
				headers = append(headers, header)
			}
		}
	}
	return headers
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
