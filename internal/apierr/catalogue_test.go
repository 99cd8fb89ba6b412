package apierr

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// A row without one of its parts would leave a gap in a response or in docs/errors.md.
func TestCatalogue_RowsAreComplete(t *testing.T) {
	t.Parallel()
	classes, codes := make(map[string]bool), make(map[string]int)
	for i, row := range Rows() {
		t.Run(fmt.Sprint(i, " ", row.Code), func(t *testing.T) {
			codes[row.Code]++
			if row.Code == "" || row.Code != strings.ToUpper(row.Code) {
				t.Errorf("the code is %q", row.Code)
			}
			if row.Status < 400 || http.StatusText(row.Status) == "" {
				t.Errorf("%d is no HTTP status of an error", row.Status)
			}
			retried := row.Status == http.StatusTooManyRequests || row.Status == http.StatusConflict ||
				row.Status == http.StatusServiceUnavailable
			if (row.RetryAfter > 0) != retried {
				t.Errorf("status %d with Retry-After %d", row.Status, row.RetryAfter)
			}
			if row.When == "" || row.Remedy == "" {
				t.Errorf("the documentation has a gap: %q, %q", row.When, row.Remedy)
			}
			if row.GraphQLOnly {
				if row.Class != "" || row.Sentence != "" {
					t.Errorf("only GraphQL uses it, but it has %q and %q", row.Class, row.Sentence)
				}
				return
			}
			if !strings.HasSuffix(row.Class, "Exception") || !strings.HasSuffix(row.Sentence, ".") {
				t.Errorf("the Web API's words have a gap: %q, %q", row.Class, row.Sentence)
			}
			if classes[row.Class] {
				t.Errorf("two rows have the class %s", row.Class)
			}
			classes[row.Class] = true
		})
	}
	for code, rows := range codes {
		want := 1
		if code == Unauthenticated.Code() {
			want = 2 // a login fails with a class of its own
		}
		if rows != want {
			t.Errorf("%s has %d rows, not %d", code, rows, want)
		}
	}
}

// RATE_LIMITED has two causes, and clients see both.
func TestCatalogue_RateLimitedHasBothCauses(t *testing.T) {
	t.Parallel()
	when := RateLimited.Row().When
	if !strings.Contains(when, "--rate-limit") || !strings.Contains(when, "login") {
		t.Errorf("a cause is missing: %s", when)
	}
}

func TestError_SetHeaders(t *testing.T) {
	t.Parallel()
	for kind, want := range map[Kind]string{BadRequest: "", Unavailable: "2", RateLimited: "1"} {
		header := http.Header{}
		New(kind, "%s", "text").SetHeaders(header)
		if got := header.Get("Retry-After"); got != want {
			t.Errorf("%s: Retry-After %q, not %q", kind.Code(), got, want)
		}
	}
}

// TestError_SetHeaders_Unauthenticated checks that every error with the status 401 sets
// WWW-Authenticate, and that no other error does.
func TestError_SetHeaders_Unauthenticated(t *testing.T) {
	t.Parallel()
	for i, row := range Rows() {
		for _, tokenSent := range []bool{false, true} {
			t.Run(fmt.Sprint(i, " ", row.Code, " ", tokenSent), func(t *testing.T) {
				t.Parallel()
				header := http.Header{}
				err := New(Kind(i), "%s", "text")
				err.TokenSent = tokenSent
				err.SetHeaders(header)
				want := ""
				if row.Status == http.StatusUnauthorized {
					want = map[bool]string{false: "Bearer", true: `Bearer error="invalid_token"`}[tokenSent]
				}
				if got := header.Get("WWW-Authenticate"); got != want {
					t.Errorf("WWW-Authenticate is %q, want %q", got, want)
				}
			})
		}
	}
}
