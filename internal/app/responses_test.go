package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"customer-events/internal/api"
)

// sized serves responses with ?bytes=… bytes to the user ?user=…, over HTTP/1.1 or HTTP/2.
func sized(
	t *testing.T, u *unsentResponses, protocol int,
) (client *http.Client, url string, unsent chan string) {
	t.Helper()
	unsent = make(chan string, 100)
	paced := u.handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("bytes"))
		_, _ = w.Write(make([]byte, n))
	}))
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		record, authentication := new(api.LogRecord), api.NewAuthentication(nil, "")
		authentication.SetUser(r.URL.Query().Get("user"))
		ctx := api.WithAuthentication(api.WithLogRecord(r.Context(), record), authentication)
		paced.ServeHTTP(w, r.WithContext(withAddress(ctx, "192.0.2.1")))
		unsent <- record.Unsent
	}))
	server.Config.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		return context.WithValue(ctx, connKey{}, conn)
	}
	server.Config.ConnState = func(conn net.Conn, state http.ConnState) {
		if tcp, ok := socket(conn).(*net.TCPConn); ok && state == http.StateNew {
			boundSendBuffer(tcp)
		}
	}
	server.EnableHTTP2 = protocol == 2
	if protocol == 2 {
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	client = server.Client()
	if protocol == 2 {
		return client, server.URL, unsent // flow control bounds what the client takes unread
	}
	transport := client.Transport.(*http.Transport)
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err == nil {
			_ = conn.(*net.TCPConn).SetReadBuffer(16 << 10)
		}
		return conn, err
	}
	return client, server.URL, unsent
}

// TestPacedWriter_SlowClients checks that a client that reads slowly, but at the lowest rate or faster, gets
// the whole response, although that takes much longer than a stall may last. A client below the lowest rate
// does not.
func TestPacedWriter_SlowClients(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		protocol int
		step     int
		whole    bool
	}{
		{"HTTP/1.1, slow", 1, 64 << 10, true},
		{"HTTP/2, slow", 2, 64 << 10, true},
		{"HTTP/1.1, too slow", 1, 100, false},
		{"HTTP/2, too slow", 2, 100, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			u := newUnsentResponses()
			u.stall = time.Second
			client, url, unsent := sized(t, u, c.protocol)
			const size = 12 << 20
			response, err := client.Get(fmt.Sprintf("%s/?bytes=%d", url, size))
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			start, read := time.Now(), 0
			for buffer := make([]byte, c.step); err == nil && (c.whole || time.Since(start) < 4*u.stall); {
				var n int
				n, err = io.ReadFull(response.Body, buffer)
				read += n
				time.Sleep(u.stall / 50)
			}
			if whole := read == size; whole != c.whole {
				t.Errorf("%d of %d bytes in %s, %v", read, size, time.Since(start), err)
			}
			if c.whole && time.Since(start) < 2*u.stall {
				t.Errorf("it took only %s, which is too fast to test anything", time.Since(start))
			}
			if cause := <-unsent; (cause == "") != c.whole {
				t.Errorf("the log names %q", cause)
			}
		})
	}
}

// TestUnsentResponses_Bound checks that unread bytes are bounded: responses that stall are aborted, and those
// of the client with the most bytes. Callers of the other class are never aborted for them, and no call
// waits.
func TestUnsentResponses_Bound(t *testing.T) {
	t.Parallel()
	u := newUnsentResponses()
	u.limits = map[bool]int64{false: 40 << 20, true: 20 << 20}
	client, url, unsent := sized(t, u, 1)
	open := func(user string) *http.Response {
		response, err := client.Get(fmt.Sprintf("%s/?bytes=%d&user=%s", url, 8<<20, user))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = response.Body.Close() })
		return response
	}
	honest := open("honest")
	anonymous := open("")
	buffer := make([]byte, 4<<10)
	for range 12 { // 96 MB
		open("greedy")
		if _, err := io.ReadFull(honest.Body, buffer); err != nil { // goes on a little
			t.Fatal(err)
		}
		u.mu.Lock()
		if u.bytes[false] > u.limits[false] || u.bytes[true] > u.limits[true] {
			t.Errorf("%v bytes are unread", u.bytes)
		}
		u.mu.Unlock()
	}
	for name, response := range map[string]*http.Response{"honest": honest, "anonymous": anonymous} {
		if n, err := io.Copy(io.Discard, response.Body); err != nil || n < 7<<20 {
			t.Errorf("%s: %d bytes, %v", name, n, err)
		}
	}
	aborted := 0
	for range 8 {
		select {
		case cause := <-unsent:
			if cause != "" {
				aborted++
			}
		case <-time.After(5 * time.Second):
			t.Fatalf("%d responses are aborted", aborted)
		}
	}
	if aborted < 6 {
		t.Errorf("%d responses are aborted", aborted)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.bytes[true] != 0 {
		t.Errorf("%v bytes are still counted", u.bytes)
	}
}

// TestPacedWriter_FinishedIsNotAborted checks that an abort does not change the deadline of the next request
// on the connection.
func TestPacedWriter_FinishedIsNotAborted(t *testing.T) {
	t.Parallel()
	u := newUnsentResponses()
	recorder := &deadlines{ResponseRecorder: httptest.NewRecorder()}
	newWriter := func() *pacedWriter {
		control := http.NewResponseController(recorder)
		return &pacedWriter{
			ResponseWriter: recorder, responses: u, record: new(api.LogRecord),
			authentication: api.NewAuthentication(nil, ""), control: control,
		}
	}
	w := newWriter()
	if _, err := w.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	w.finish()
	w.abort()
	if recorder.last.Before(time.Now()) {
		t.Error("the deadline has passed")
	}
	w = newWriter()
	w.abort()
	_, err := w.Write([]byte("x"))
	if !errors.Is(err, errResponseAborted) || !recorder.last.Before(time.Now()) {
		t.Errorf("%v, %s", err, recorder.last)
	}
}

type deadlines struct {
	*httptest.ResponseRecorder
	last time.Time
}

func (d *deadlines) SetWriteDeadline(at time.Time) error {
	d.last = at
	return nil
}
