package app

import (
	"context"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// newHTTPServer returns the server of HTTP/1.1 and, if it has a certificate, HTTP/2.
func newHTTPServer(c config, handler http.Handler, conns *connections, errorLog *log.Logger) (*http.Server, error) {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       2 * time.Minute,
		// Until a response begins; from then on unsentResponses sets the deadlines.
		WriteTimeout:   c.callTimeout + 2*time.Minute,
		IdleTimeout:    2 * time.Minute,
		MaxHeaderBytes: 64 << 10,
		ConnState:      conns.note,
		ConnContext: func(ctx context.Context, conn net.Conn) context.Context {
			return context.WithValue(ctx, connKey{}, conn)
		},
		ErrorLog: errorLog,
	}
	if c.certificate == nil {
		return server, nil
	}
	server.TLSConfig = c.certificate.TLS()
	return server, configureHTTP2(server, conns)
}

// endBySignal returns a context that ends with the first SIGINT, SIGTERM or SIGHUP. A second SIGINT or
// SIGTERM ends the program at once; a second SIGHUP does not, since a terminal that closes may send two.
// Where SIGHUP is ignored, as nohup does, it stays ignored.
func endBySignal() (ctx context.Context, stop context.CancelFunc) {
	ctx, stopNotify := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ctx, cancel := context.WithCancel(ctx)
	context.AfterFunc(ctx, stopNotify)
	if !signal.Ignored(syscall.SIGHUP) {
		hangup := make(chan os.Signal, 1)
		signal.Notify(hangup, syscall.SIGHUP)
		go func() {
			<-hangup
			cancel()
		}()
	}
	return ctx, cancel
}
