package api

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"customer-events/internal/apierr"
	"customer-events/internal/auth"
	"customer-events/models"
)

// countedTokens counts the lookups. The first ones fail with errDown.
type countedTokens struct {
	lookups atomic.Int64
	valid   map[string]models.Caller
	fail    int64 // how many
}

var errDown = errors.New("the database does not answer")

func (c *countedTokens) Caller(_ context.Context, token string) (models.Caller, error) {
	if c.lookups.Add(1) <= c.fail {
		return models.Caller{}, errDown
	}
	if caller, known := c.valid[token]; known {
		return caller, nil
	}
	return models.Caller{}, auth.ErrUnauthenticated
}

func (*countedTokens) WasValid(string) bool { return false }

func (*countedTokens) Forget(string) {}

func TestAuthentication_OneLookup(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, header string
		body         []string // the tokens that are authenticated after that of the header
		fail         int64
		lookups      int64
		want         error // of the last one
	}{
		{"valid", "anna's", nil, 0, 1, nil},
		{"not valid", "other", nil, 0, 1, auth.ErrUnauthenticated},
		{"none", "", nil, 0, 0, auth.ErrUnauthenticated},
		{"the same in the body", "anna's", []string{"anna's", "anna's"}, 0, 1, nil},
		{"only in the body", "", []string{"anna's"}, 0, 1, nil},
		{"an empty one in the body", "", []string{""}, 0, 0, auth.ErrUnauthenticated},
		{"a failure is looked up again", "anna's", []string{"anna's", "anna's"}, 1, 2, nil},
		{"failures are no answer", "anna's", []string{"anna's"}, 2, 2, errDown},
	} {
		t.Run(c.name, func(t *testing.T) {
			tokens := &countedTokens{valid: map[string]models.Caller{"anna's": {Name: "anna"}}, fail: c.fail}
			authentication := NewAuthentication(tokens, c.header)
			ctx := WithAuthentication(t.Context(), authentication)
			caller, err := HeaderCaller(ctx)
			for _, token := range c.body {
				caller, err = Caller(ctx, token)
			}
			public := Public(err)
			unauthenticated := public != nil && public.Kind == apierr.Unauthenticated
			if c.want == auth.ErrUnauthenticated && !unauthenticated ||
				c.want != auth.ErrUnauthenticated && !errors.Is(err, c.want) ||
				(err == nil) != (caller.Name == "anna") {
				t.Errorf("%+v, %v, want %v", caller, err, c.want)
			}
			if authentication.User() != caller.Name {
				t.Errorf("the log's user is %q", authentication.User())
			}
			if got := tokens.lookups.Load(); got != c.lookups {
				t.Errorf("%d lookups, want %d", got, c.lookups)
			}
		})
	}
}

// The fields of a query run concurrently and share the lookup.
func TestAuthentication_Concurrent(t *testing.T) {
	t.Parallel()
	tokens := &countedTokens{valid: map[string]models.Caller{"anna's": {Name: "anna"}}}
	ctx := WithAuthentication(t.Context(), NewAuthentication(tokens, "anna's"))
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if caller, err := HeaderCaller(ctx); err != nil || caller.Name != "anna" {
				t.Errorf("%+v, %v", caller, err)
			}
		})
	}
	all.Wait()
	if got := tokens.lookups.Load(); got != 1 {
		t.Errorf("%d lookups", got)
	}
}

// Who waits for another's lookup leaves with the context.
func TestAuthentication_ContextEnds(t *testing.T) {
	t.Parallel()
	authentication := NewAuthentication(&countedTokens{}, "anna's")
	authentication.lookup <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := authentication.HeaderCaller(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
