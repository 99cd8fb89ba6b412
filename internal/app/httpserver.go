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

// newHTTPServer returns a server for HTTP/1.1 and, if there is a certificate, HTTP/2.
func newHTTPServer(
	c config, handler http.Handler, conns *connections, errorLog *log.Logger,
) (*http.Server, error) {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       2 * time.Minute,
		// WriteTimeout applies until a response begins. From then on, unsentResponses sets the deadlines.
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
// SIGTERM ends the program at once. A second SIGHUP does not, because a terminal that closes may send two.
// If SIGHUP is ignored (nohup does that), it stays ignored.
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
