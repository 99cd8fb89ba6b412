package app

import (
	"bytes"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

const (
	// maxQueuedLog is how many bytes of log lines wait for a reader of standard error that stalls, about a
	// thousand lines.
	maxQueuedLog = 256 << 10
	// logFlushTimeout is how long the program waits at its end for the last log lines to be read.
	logFlushTimeout = 2 * time.Second
)

// NewLogger writes text on a terminal, and JSON elsewhere. It waits for the writer.
func NewLogger(to io.Writer) *slog.Logger {
	return slog.New(logHandler(to, isTerminal(to)))
}

func logHandler(to io.Writer, terminal bool) slog.Handler {
	if terminal {
		return slog.NewTextHandler(to, nil)
	}
	return slog.NewJSONHandler(to, nil)
}

func isTerminal(to io.Writer) bool {
	file, ok := to.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// logQueue is a writer that never waits: a goroutine of its own writes to the destination. Lines that find
// the queue full, because the destination is not read, and lines that the destination refuses are lost and
// counted. The first time that the destination takes lines again, one more line says how many were lost.
type logQueue struct {
	to     io.Writer
	report *slog.Logger // writes to the destination itself
	wake   chan struct{}
	done   chan struct{}

	mu      sync.Mutex
	pending []byte // whole lines
	lost    uint64
	closed  bool
}

func newLogQueue(to io.Writer) *logQueue {
	q := &logQueue{to: to, wake: make(chan struct{}, 1), done: make(chan struct{})}
	q.report = slog.New(logHandler(to, isTerminal(to)))
	go q.run()
	return q
}

// logger returns a logger that writes to the queue in the form that suits the destination.
func (q *logQueue) logger() *slog.Logger { return slog.New(logHandler(q, isTerminal(q.to))) }

// Write queues one line, or loses it. It never fails, so that nothing that logs has to care.
func (q *logQueue) Write(line []byte) (int, error) {
	q.mu.Lock()
	if q.closed || len(q.pending)+len(line) > maxQueuedLog {
		q.lost++
	} else {
		q.pending = append(q.pending, line...)
	}
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
	return len(line), nil
}

// Lost returns how many lines were lost so far.
func (q *logQueue) Lost() uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.lost
}

// Close writes what is queued, but waits for the destination only as long as the timeout.
func (q *logQueue) Close(timeout time.Duration) {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
	select {
	case <-q.done:
	case <-time.After(timeout):
	}
}

func (q *logQueue) run() {
	defer close(q.done)
	var batch []byte
	var reported uint64
	for range q.wake {
		for {
			q.mu.Lock()
			batch, q.pending = q.pending, batch[:0]
			lost, closed := q.lost, q.closed
			q.mu.Unlock()
			if len(batch) > 0 {
				if !q.write(batch) {
					continue
				}
				if lost > reported {
					q.report.Warn("log lines were lost, because standard error was not read: "+
						"see customer_events_log_lines_lost_total", "lost", lost-reported)
					reported = lost
				}
				continue
			}
			if closed {
				return
			}
			break
		}
	}
}

// write writes whole lines, and counts those that the destination did not take.
func (q *logQueue) write(lines []byte) bool {
	n, err := q.to.Write(lines)
	if err == nil {
		return true
	}
	n = min(max(n, 0), len(lines))
	q.mu.Lock()
	q.lost += uint64(bytes.Count(lines[n:], []byte("\n")))
	q.mu.Unlock()
	if n > 0 && lines[n-1] != '\n' {
		_, _ = q.to.Write([]byte("\n")) // else the next line would continue this one
	}
	return false
}

// printWithin writes a text, and gives up waiting for the writer after the timeout: a pipe that no program
// reads must not keep the program from serving, or from ending.
func printWithin(timeout time.Duration, to io.Writer, text string) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.WriteString(to, text)
	}()
	select {
	case <-done:
	case <-time.After(timeout):
	}
}
