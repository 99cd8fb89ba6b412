package e2e

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"customer-events/internal/app"
	"customer-events/test/apitest"
	"customer-events/test/testutil"
)

// certificateFor127 writes a certificate for 127.0.0.1, and returns its files and a pool of roots that
// trusts it.
func certificateFor127(t *testing.T) (certFile, keyFile string, roots *x509.CertPool) {
	t.Helper()
	certFile, keyFile = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	certificate := testutil.WriteCertificate(t, certFile, keyFile, &x509.Certificate{
		NotAfter:    time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	})
	roots = x509.NewCertPool()
	roots.AddCert(certificate)
	return certFile, keyFile, roots
}

// demoWithTLS serves demo data over TLS and logs in.
func demoWithTLS(t *testing.T, database string, args ...string) (*apitest.Server, *tls.Config) {
	t.Helper()
	certFile, keyFile, roots := certificateFor127(t)
	s := apitest.Serve(t, append([]string{"--demo", "--database", database, "--secret-key",
		apitest.SecretKey,
		"--tls-cert", certFile, "--tls-key", keyFile}, args...)...)
	s.URL = strings.Replace(s.URL, "http:", "https:", 1)
	config := &tls.Config{RootCAs: roots}
	transport := &http.Transport{TLSClientConfig: config.Clone(), ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	s.Client = &http.Client{Transport: transport, Timeout: time.Minute}
	s.Token = s.Login(t, app.DemoUser, app.DemoPassword)
	return s, config
}

// http2Conn is the client's side of an HTTP/2 connection, under the test's control.
type http2Conn struct {
	*tls.Conn
	framer *http2.Framer
	hpack  *hpack.Encoder
	block  bytes.Buffer

	mu     sync.Mutex
	change *sync.Cond
	// initial is the initial window of a stream; windows are the remaining ones, with 0 for the
	// connection.
	initial int64
	windows map[uint32]int64
	status  map[uint32]string
	reset   map[uint32]time.Time
	goAways []uint32
	data    map[uint32]int
	err     error
}

// dialHTTP2 opens a connection whose streams have a receive window of this size.
func dialHTTP2(t *testing.T, s *apitest.Server, config *tls.Config, window uint32) *http2Conn {
	t.Helper()
	config = config.Clone()
	config.NextProtos = []string{"h2"}
	conn, err := tls.Dial("tcp", strings.TrimPrefix(s.URL, "https://"), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	c := &http2Conn{Conn: conn, framer: http2.NewFramer(conn, conn), initial: 65535,
		windows: map[uint32]int64{0: 65535},
		status:  map[uint32]string{}, reset: map[uint32]time.Time{}, data: map[uint32]int{}}
	c.change = sync.NewCond(&c.mu)
	c.hpack = hpack.NewEncoder(&c.block)
	c.framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	if _, err := conn.Write([]byte(http2.ClientPreface)); err != nil {
		t.Fatal(err)
	}
	if err := c.framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize,
		Val: window}); err != nil {
		t.Fatal(err)
	}
	go c.read()
	return c
}

func (c *http2Conn) read() {
	for {
		frame, err := c.framer.ReadFrame()
		c.mu.Lock()
		if err != nil {
			c.err = err
			c.change.Broadcast()
			c.mu.Unlock()
			return
		}
		id := frame.Header().StreamID
		switch f := frame.(type) {
		case *http2.SettingsFrame:
			if value, ok := f.Value(http2.SettingInitialWindowSize); ok {
				c.initial = int64(value)
			}
			if !f.IsAck() {
				_ = c.framer.WriteSettingsAck()
			}
		case *http2.WindowUpdateFrame:
			if _, known := c.windows[id]; !known {
				c.windows[id] = c.initial
			}
			c.windows[id] += int64(f.Increment)
		case *http2.MetaHeadersFrame:
			c.status[id] = f.PseudoValue("status")
		case *http2.DataFrame:
			c.data[id] += len(f.Data())
		case *http2.RSTStreamFrame:
			c.reset[id] = time.Now()
		case *http2.GoAwayFrame:
			c.goAways = append(c.goAways, f.LastStreamID)
		}
		c.change.Broadcast()
		c.mu.Unlock()
	}
}

// until waits for a condition and returns whether it was met.
func (c *http2Conn) until(patience time.Duration, so func() bool) bool {
	deadline := time.Now().Add(patience)
	timer := time.AfterFunc(patience, c.change.Broadcast)
	defer timer.Stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	for !so() && c.err == nil && time.Now().Before(deadline) {
		c.change.Wait()
	}
	return so()
}

// send sends a request. Without end the body stays open.
func (c *http2Conn) send(id uint32, method, path, body string, end bool, headers ...string) error {
	c.mu.Lock()
	c.block.Reset()
	all := []string{
		":method", method, ":scheme", "https", ":authority", "127.0.0.1", ":path", path, "content-type",
		"application/json",
	}
	if end {
		all = append(all, "content-length", fmt.Sprint(len(body)))
	}
	all = append(all, headers...)
	for i := 0; i < len(all); i += 2 {
		_ = c.hpack.WriteField(hpack.HeaderField{Name: all[i], Value: all[i+1]})
	}
	err := c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: c.block.Bytes(),
		EndHeaders: true,
		EndStream:  end && body == ""})
	if _, known := c.windows[id]; !known {
		c.windows[id] = c.initial
	}
	c.mu.Unlock()
	for err == nil && body != "" {
		err = c.sendData(id, &body, end)
	}
	return err
}

// sendData sends as much of a body as the windows allow.
func (c *http2Conn) sendData(id uint32, body *string, end bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := int64(0)
	for {
		n = min(int64(len(*body)), c.windows[0], c.windows[id], 16<<10)
		if _, reset := c.reset[id]; n > 0 || c.err != nil || reset {
			break
		}
		c.change.Wait()
	}
	if n <= 0 {
		*body = ""
		return c.err
	}
	c.windows[0] -= n
	c.windows[id] -= n
	chunk := (*body)[:n]
	*body = (*body)[n:]
	return c.framer.WriteData(id, end && *body == "", []byte(chunk))
}
