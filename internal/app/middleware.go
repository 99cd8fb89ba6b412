package app

import (
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"customer-events/internal/admission"
	"customer-events/internal/api"
	"customer-events/internal/apierr"
	"customer-events/internal/auth"
	"customer-events/internal/middleware"
	"customer-events/internal/ratelimit"
	"customer-events/models"
)

// chain wraps a handler in middleware. The first one sees a request first.
func chain(handler http.Handler, all ...func(http.Handler) http.Handler) http.Handler {
	for _, wrap := range slices.Backward(all) {
		handler = wrap(handler)
	}
	return handler
}

// identify gives every request an id and an api.Request, and releases what the request has reserved when it is done.
func identify(controller *admission.Controller, limiter *ratelimit.Limiter) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			token := firstOf(bearerTokens(r.Header.Values("Authorization")))
			request := &api.Request{
				ID: requestID(r), Token: token,
				IdempotencyKey: firstOf(idempotencyKeys(r.Header.Values("Idempotency-Key"))),
				Admission:      controller.NewTicket(token), Limiter: limiter,
			}
			defer request.Admission.Release()
			w.Header().Set("X-Request-Id", request.ID)
			next.ServeHTTP(w, r.WithContext(api.WithRequest(r.Context(), request)))
		})
	}
}

// bearerTokens returns the tokens of Authorization headers. Other schemes may be a proxy's.
func bearerTokens(headers []string) (tokens []string) {
	for _, header := range headers {
		scheme, token, _ := strings.Cut(header, " ")
		if token = strings.TrimSpace(token); token != "" && strings.EqualFold(scheme, "Bearer") {
			tokens = append(tokens, token)
		}
	}
	return tokens
}

// idempotencyKeys returns the keys of Idempotency-Key headers. An empty header counts as absent.
func idempotencyKeys(headers []string) []string {
	return slices.DeleteFunc(slices.Clone(headers), func(key string) bool { return key == "" })
}

// firstOf returns the first of several values, or "".
func firstOf(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// rejectConflicts marks requests with two different tokens or two different idempotency keys in their
// headers. Whichever value the server took, a proxy before it may have taken the other.
func rejectConflicts(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if request := api.RequestOf(r.Context()); request.Forbidden == nil {
			request.Forbidden = conflictOf(r.Header)
		}
		next.ServeHTTP(w, r)
	})
}

func conflictOf(header http.Header) *apierr.Error {
	keys, tokens := header.Values("Idempotency-Key"), header.Values("Authorization")
	if len(keys) < 2 && len(tokens) < 2 {
		return nil
	}
	if keys = slices.Compact(idempotencyKeys(keys)); len(keys) > 1 {
		return apierr.New(apierr.BadRequest,
			"the header Idempotency-Key is sent with different values (%s, %s): send one value",
			models.Sanitize(keys[0]), models.Sanitize(keys[1]))
	}
	if len(slices.Compact(bearerTokens(tokens))) > 1 {
		return apierr.New(apierr.BadRequest,
			"the header Authorization is sent with different tokens: send one token")
	}
	return nil
}

// requestID returns the id that a proxy gave in X-Request-Id, if it is well-formed, so that its log and this program's
// can be read together; else a new one.
func requestID(r *http.Request) string {
	given := r.Header.Get("X-Request-Id")
	valid := given != "" && len(given) <= 64
	for i := 0; i < len(given) && valid; i++ {
		b := given[i]
		valid = b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '-' || b == '_' || b == '.'
	}
	if valid {
		return given
	}
	return uuid.NewString()
}

// securityHeaders sets the headers that every response has. tls says that the server speaks TLS itself.
func securityHeaders(tls bool) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Content-Type-Options", "nosniff")
			if tls {
				w.Header().Set("Strict-Transport-Security", "max-age=31536000")
			}
			if r.ProtoMajor == 1 && len(r.TransferEncoding) > 0 {
				// net/http no longer says whether the request had a Content-Length, too. A proxy that trusts the length
				// would read the next response as part of this one, so that there must be no next one.
				w.Header().Set("Connection", "close")
			}
			next.ServeHTTP(w, r)
		})
	}
}

// clientAddress finds the address of the client, for the log, for traces and for the limits of failed logins.
func clientAddress(proxies middleware.TrustedProxies) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			address := proxies.ClientIP(r)
			api.RequestOf(r.Context()).Address = address
			next.ServeHTTP(w, r.WithContext(auth.WithAddress(withAddress(r.Context(), address), address)))
		})
	}
}

// forbidCrossOrigin marks requests of other sites' pages. The APIs reject them in their own words.
func forbidCrossOrigin(origins *middleware.CrossOrigin) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := origins.Check(r); err != nil {
				api.RequestOf(r.Context()).Forbidden = apierr.New(apierr.Forbidden, "%s", err)
			}
			next.ServeHTTP(w, r)
		})
	}
}

// loopbackOnly rejects requests that do not name a host of the loopback, if only is set.
func loopbackOnly(only bool) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if only && !middleware.IsLoopbackHost(r) {
				writeText(w, http.StatusForbidden, "this server is for the loopback: call it by localhost or 127.0.0.1")
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}
