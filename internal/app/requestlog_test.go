package app

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"customer-events/internal/api"
)

// stillLog is a request log with a clock that stands still, and what it wrote.
func stillLog() (*requestLog, *lockedBuffer) {
	var log lockedBuffer
	lines := newRequestLog(slog.New(slog.NewJSONHandler(&log, nil)))
	now := time.Now()
	lines.interval, lines.now = time.Hour, func() time.Time { return now }
	return lines, &log
}

func (l *requestLog) many(n int, address string, status int, user, code string) {
	for range n {
		l.write(context.Background(), slog.LevelInfo, address, status, &api.Request{User: user, Code: code}, nil)
	}
}

// Refusals of one address are summed up beyond a rate; successful calls of users, and other addresses, are not.
func TestRequestLog_Floods(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		flood func(l *requestLog)
		want  int // lines, with the summaries
		text  string
	}{
		{"refusals", func(l *requestLog) { l.many(25_000, "10.0.0.1", 400, "", "BAD_REQUEST") }, LinesAtOnce + 1, `"lines":24900,"statuses":{"400":24900},"codes":{"BAD_REQUEST":24900}`},
		{"errors with status 200", func(l *requestLog) { l.many(500, "10.0.0.1", 200, "anna", "FORBIDDEN") }, LinesAtOnce + 1, `"user":"anna"`},
		{"without credentials", func(l *requestLog) { l.many(500, "10.0.0.1", 200, "", "") }, LinesAtOnce + 1, `"statuses":{"200":400}`},
		{"users' successes", func(l *requestLog) { l.many(5000, "10.0.0.1", 200, "anna", "") }, 5000, ""},
		{"one network of IPv6", func(l *requestLog) {
			for i := range 500 {
				l.many(1, fmt.Sprintf("2001:db8::%x", i+1), 401, "", "UNAUTHENTICATED")
			}
		}, LinesAtOnce + 1, "2001:db8::/64"},
		{"two addresses", func(l *requestLog) {
			l.many(200, "10.0.0.1", 401, "", "UNAUTHENTICATED")
			l.many(200, "10.0.0.2", 401, "", "UNAUTHENTICATED")
		}, 2 * (LinesAtOnce + 1), "10.0.0.2"},
		{"a user at a flooding address", func(l *requestLog) {
			l.many(200, "10.0.0.1", 401, "", "UNAUTHENTICATED")
			l.many(1, "10.0.0.1", 400, "anna", "BAD_REQUEST")
		}, LinesAtOnce + 2, ""},
		{"failed handshakes", func(l *requestLog) {
			for i := range 500 {
				l.serverErrors().Printf("http: TLS handshake error from 10.0.0.1:%d: EOF", i)
			}
		}, LinesAtOnce + 1, "TLS handshake error from 10.0.0.1:7"},
		{"warnings of requests", func(l *requestLog) {
			for range 500 {
				l.bounded().With("a", 1).WarnContext(withAddress(context.Background(), "10.0.0.1"), "a call was not let through")
			}
		}, LinesAtOnce + 1, `"a call was not let through":400`},
		{"errors of the server", func(l *requestLog) {
			for range 500 {
				l.bounded().ErrorContext(withAddress(context.Background(), "10.0.0.1"), "a call failed")
			}
		}, 500, ""},
		{"the server's own warnings", func(l *requestLog) {
			for range 500 {
				l.bounded().Warn("sweeping")
			}
		}, 500, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			lines, log := stillLog()
			c.flood(lines)
			lines.close()
			if n := strings.Count(log.String(), "\n"); n != c.want || !strings.Contains(log.String(), c.text) {
				t.Errorf("%d lines, want %d with %s: %.300s", n, c.want, c.text, log.String()[max(0, len(log.String())-300):])
			}
		})
	}
}

// However many addresses there are, the log takes bounded memory.
func TestRequestLog_ManyAddresses(t *testing.T) {
	t.Parallel()
	lines, log := stillLog()
	for i := range maxLogSources + 1000 {
		lines.many(1, fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255), 401, "", "UNAUTHENTICATED")
	}
	if n := len(lines.sources); n > maxLogSources+1 {
		t.Errorf("%d sources are kept", n)
	}
	lines.close()
	if !strings.Contains(log.String(), `"address":"others"`) {
		t.Error("there is no summary of the addresses beyond the bound")
	}
	then := lines.now().Add(time.Minute)
	lines.now = func() time.Time { return then }
	lines.many(1, "10.99.0.1", 401, "", "UNAUTHENTICATED")
	if n := len(lines.sources); n > 2 {
		t.Errorf("%d sources are kept after they have gone quiet", n)
	}
}

// lockedBuffer takes what several goroutines write.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
