package graph_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"customer-events/internal/api"
	"customer-events/models"
)

// countedTokens counts the lookups of tokens.
type countedTokens struct {
	api.Authenticator
	lookups atomic.Int64
}

func (c *countedTokens) Caller(ctx context.Context, token string) (models.Caller, error) {
	c.lookups.Add(1)
	return c.Authenticator.Caller(ctx, token)
}

// TestAuthentication_OneLookup checks that the token of the header is looked up once a request, whether the
// body is small or large, and however many fields need the caller.
func TestAuthentication_OneLookup(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	const page = ` webCustomerEvents(first: 1) { nodes { id } } `
	pages := `{"query":"{ a: ` + page + ` b: ` + page + ` c: ` + page + `}"}`
	create := `{"query":` + strconv.Quote(createQuery) + `,"variables":` + set(2) + `}`
	for _, c := range []struct {
		name, body, key string
		lookups         int64
	}{
		{"a small call with a token that this server has not looked up yet", create, "", 1},
		{"a small call, which looks the token up with its references", create, "", 0},
		{"a bulk call", create, "key 1", 1},
		{"a bulk call with a large body", create + strings.Repeat(" ", 3<<20), "key 2", 1},
		{"several fields of a query", pages, "", 1},
		{"several fields in a large body", pages + strings.Repeat(" ", 3<<20), "", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			tokens := &countedTokens{Authenticator: a.resolver.Auth}
			r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(c.body))
			r.Header.Set("Content-Type", "application/json")
			ctx := api.WithAuthentication(a.context(r.Context(), c.key), api.NewAuthentication(tokens, a.token))
			w := httptest.NewRecorder()
			a.handler.ServeHTTP(w, r.WithContext(ctx))
			if w.Code != http.StatusOK || strings.Contains(w.Body.String(), `"errors"`) {
				t.Errorf("%d %.300s", w.Code, w.Body)
			}
			if n := tokens.lookups.Load(); n != c.lookups {
				t.Errorf("%d lookups, want %d", n, c.lookups)
			}
		})
	}
}
