package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"

	"customer-events/internal/middleware"
	"customer-events/internal/store"
)

// explainListen adds the remedy to an error of listening on the address of an option.
func explainListen(err error, option string) error {
	remedy := fmt.Sprintf("--%s or CRM_%s", option, strings.ToUpper(strings.ReplaceAll(option, "-", "_")))
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%w: stop the other program or choose another address with %s", err, remedy)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("%w: ports below 1024 need a right of their own: choose another address with "+
			"%s", err, remedy)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("%w: this machine does not have the address: choose another with "+
			"%s", err, remedy)
	}
	return fmt.Errorf("listening: %w", err)
}

// reportState logs what the database lacks, and which command adds it.
func reportState(ctx context.Context, c config, db *store.Store, log *slog.Logger) error {
	if c.demo {
		return nil
	}
	noUsers, noUnits, err := db.Lacks(ctx)
	if err != nil {
		return err
	}
	if noUsers {
		log.Warn("there is no API user: no client can log in", "remedy", "customer-events user add NAME")
	}
	if noUnits {
		log.Warn("there are no units: every event is unprocessed", "remedy", "customer-events import units "+
			"FILE")
	}
	demo, err := db.IsDemo(ctx)
	if err != nil || !demo {
		return err
	}
	if c.exposed {
		log.Warn("this is a demo database and the server can be reached from beyond the loopback: the demo "+
			"login is disabled", "user", DemoUser)
	} else {
		log.Warn("this is a demo database: the demo login works on the loopback only", "user", DemoUser)
	}
	return nil
}

// forwardedKey marks the context of a request that a proxy has forwarded, or that names a host beyond the
// loopback.
type forwardedKey struct{}

// forwarding are the headers that proxies add.
var forwarding = []string{"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Forwarded", "Via"}

// noteProxies marks forwarded requests, and logs once that a proxy is not among --trusted-proxies: then all
// its clients have the proxy's address, and share what is counted by address.
func noteProxies(c config, log *slog.Logger, next http.Handler) http.Handler {
	var warn sync.Once
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		forwarded := !middleware.IsLoopbackHost(r)
		for _, header := range forwarding {
			forwarded = forwarded || r.Header.Get(header) != ""
		}
		peer, _, err := net.SplitHostPort(r.RemoteAddr)
		if err == nil && r.Header.Get("X-Forwarded-For") != "" && !c.trustedProxies.Contains(peer) {
			warn.Do(func() {
				log.Warn("X-Forwarded-For comes from an address that is not a trusted proxy, and is ignored: if it "+
					"is your proxy, name it in --trusted-proxies, or failed logins of one of its clients count for all",
					"address", peer)
			})
		}
		if forwarded && !c.exposed && !c.demo { // only then the demo login depends on it
			r = r.WithContext(context.WithValue(r.Context(), forwardedKey{}, true))
		}
		next.ServeHTTP(w, r)
	})
}
