package app

import (
	"context"
	"log"
	"log/slog"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"customer-events/internal/api"
	"customer-events/models"
)

const (
	// linesPerSecond and linesAtOnce bound the lines of one source in the log; beyond them it gets a summary.
	linesPerSecond, LinesAtOnce = 10, 100
	// summaryInterval is how often a summary is written for a source that goes on.
	summaryInterval = 10 * time.Second
	// maxLogSources bounds the memory for sources. Those beyond it share one.
	maxLogSources = 10_000
)

// requestLog writes one line for each request, except for floods: requests of one source that are refused, or that
// come without credentials, beyond a rate. It counts these, and sums them up in one line an interval. A successful
// call of an API user always has its line.
type requestLog struct {
	log      *slog.Logger
	interval time.Duration
	now      func() time.Time

	mu      sync.Mutex
	sources map[logSource]*sourceLines
	pruned  time.Time
}

// logSource is what floods are counted by: users share addresses, and a user's refusals must not hide another's.
type logSource struct{ address, user string }

// sourceLines are the lines that a source may still have, and what was left out since the last summary.
type sourceLines struct {
	limiter  *rate.Limiter
	omitted  int
	statuses map[string]int
	codes    map[string]int
	first    time.Time
	timer    *time.Timer
}

func newRequestLog(log *slog.Logger) *requestLog {
	return &requestLog{log: log, interval: summaryInterval, now: time.Now, sources: make(map[logSource]*sourceLines)}
}

// write writes the line of a request, or counts it for the next summary. The request must be complete.
func (l *requestLog) write(
	ctx context.Context, level slog.Level, address string, status int, record *api.LogRecord,
	attributes []slog.Attr,
) {
	good := status < http.StatusBadRequest && record.Code == ""
	if good && record.User != "" || !l.log.Enabled(ctx, level) ||
		l.allow(logSource{network(address), record.User}, strconv.Itoa(status), record.Code) {
		l.log.LogAttrs(ctx, level, "request", attributes...)
	}
}

// allow takes one line from what the source may have, or counts what was to be written.
func (l *requestLog) allow(source logSource, status, code string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	lines := l.source(&source, now)
	if lines.limiter.AllowN(now, 1) {
		return true
	}
	if lines.omitted == 0 {
		lines.first, lines.statuses, lines.codes = now, map[string]int{}, map[string]int{}
		lines.timer = time.AfterFunc(l.interval, func() { l.summarise(source) })
	}
	lines.omitted++
	lines.statuses[status]++
	if code != "" {
		lines.codes[code]++
	}
	return false
}

// source returns a source's lines. It changes the source to the shared one if there are too many.
func (l *requestLog) source(source *logSource, now time.Time) *sourceLines {
	if lines := l.sources[*source]; lines != nil {
		return lines
	}
	if len(l.sources) >= maxLogSources && now.Sub(l.pruned) >= time.Second {
		l.pruned = now // seldom, since it looks at all of them
		for key, lines := range l.sources {
			if lines.omitted == 0 && lines.limiter.TokensAt(now) >= LinesAtOnce {
				delete(l.sources, key)
			}
		}
	}
	if len(l.sources) >= maxLogSources {
		*source = logSource{address: "others"}
		if lines := l.sources[*source]; lines != nil {
			return lines
		}
	}
	lines := &sourceLines{limiter: rate.NewLimiter(linesPerSecond, LinesAtOnce)}
	l.sources[*source] = lines
	return lines
}

// summarise writes the line for what was left out of a source.
func (l *requestLog) summarise(source logSource) {
	l.mu.Lock()
	lines := l.sources[source]
	if lines == nil || lines.omitted == 0 {
		l.mu.Unlock()
		return
	}
	lines.timer.Stop()
	attributes := []slog.Attr{slog.String("address", source.address), slog.Int("lines", lines.omitted),
		slog.Any("statuses", lines.statuses), slog.Any("codes", lines.codes),
		slog.Float64("seconds", l.now().Sub(lines.first).Seconds())}
	if source.user != "" {
		attributes = append(attributes, slog.String("user", models.Sanitize(source.user)))
	}
	lines.omitted, lines.statuses, lines.codes = 0, nil, nil
	l.mu.Unlock()
	l.log.LogAttrs(context.Background(), slog.LevelWarn, "lines of one address were left out: requests that were refused or came without credentials", attributes...)
}

// close writes the summaries that are due at the end.
func (l *requestLog) close() {
	l.mu.Lock()
	var due []logSource
	for source, lines := range l.sources {
		if lines.omitted > 0 {
			due = append(due, source)
		}
	}
	l.mu.Unlock()
	for _, source := range due {
		l.summarise(source)
	}
}

// network is the address, or for IPv6 its network: one client has 2^64 addresses there.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil || !ip.Unmap().Is6() {
		return address
	}
	prefix, err := ip.WithZone("").Prefix(64)
	if err != nil {
		return address
	}
	return prefix.String()
}

type addressKey struct{}

// withAddress gives the context of a request the client's address. It bounds the lines of the request, and
// its response if it has no user.
func withAddress(ctx context.Context, address string) context.Context {
	return context.WithValue(ctx, addressKey{}, address)
}

// addressOf returns the address of withAddress; ok is false outside of requests.
func addressOf(ctx context.Context) (address string, ok bool) {
	address, ok = ctx.Value(addressKey{}).(string)
	return address, ok
}

// boundedHandler bounds what requests log beside their own line: warnings, such as that the server is full. Errors
// are the server's own and are always written.
type boundedHandler struct {
	slog.Handler
	lines *requestLog
}

// Handle writes the record unless it belongs to a request of a source that has had its lines.
func (h boundedHandler) Handle(ctx context.Context, record slog.Record) error {
	address, ofRequest := addressOf(ctx)
	if ofRequest && record.Level < slog.LevelError && !h.lines.allow(logSource{address: network(address)}, record.Message, "") {
		return nil
	}
	return h.Handler.Handle(ctx, record)
}

// WithAttrs keeps the bound.
func (h boundedHandler) WithAttrs(attributes []slog.Attr) slog.Handler {
	return boundedHandler{h.Handler.WithAttrs(attributes), h.lines}
}

// WithGroup keeps the bound.
func (h boundedHandler) WithGroup(name string) slog.Handler {
	return boundedHandler{h.Handler.WithGroup(name), h.lines}
}

// bounded is the logger for what serves requests.
func (l *requestLog) bounded() *slog.Logger { return slog.New(boundedHandler{l.log.Handler(), l}) }

// serverErrors is the logger for net/http, which writes a line for each failed handshake and each broken request.
func (l *requestLog) serverErrors() *log.Logger { return log.New(serverErrorWriter{l}, "", 0) }

type serverErrorWriter struct{ lines *requestLog }

// Write logs one message of net/http, within the bound of the address that it names.
func (w serverErrorWriter) Write(message []byte) (int, error) {
	text := strings.TrimSuffix(string(message), "\n")
	address := "server"
	if _, after, found := strings.Cut(text, " from "); found {
		at, _, _ := strings.Cut(after, " ")
		if peer, err := netip.ParseAddrPort(strings.TrimSuffix(at, ":")); err == nil {
			address = network(peer.Addr().Unmap().String())
		}
	}
	if strings.Contains(text, "panic serving") || w.lines.allow(logSource{address: address}, "connection error", "") {
		w.lines.log.Warn(text)
	}
	return len(message), nil
}
