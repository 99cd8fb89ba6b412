package store

import (
	"context"
	"database/sql"
	"errors"
	"net"
	"sync/atomic"
	"syscall"
	"testing"

	mysqldriver "github.com/go-sql-driver/mysql"

	"customer-events/internal/store/storetest"
	"customer-events/models"
)

// breaking is a connection on which writes fail once broken is set.
type breaking struct {
	net.Conn
	broken *atomic.Bool
}

func (b breaking) Write(p []byte) (int, error) {
	if b.broken.Load() {
		return 0, syscall.EPIPE
	}
	return b.Conn.Write(p)
}

// TestBegin_BrokenConnectionIsRetried breaks a connection before BEGIN: nothing has happened, so a retry
// is safe.
func TestBegin_BrokenConnectionIsRetried(t *testing.T) {
	t.Parallel()
	d, err := newMySQL(storetest.MySQL(t))
	if err != nil {
		t.Fatal(err)
	}
	var broken atomic.Bool
	config := d.(mysqlDialect).config
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		return breaking{conn, &broken}, err
	}
	connector, err := mysqldriver.NewConnector(config)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	if err := db.PingContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	broken.Store(true)
	_, err = db.BeginTx(t.Context(), nil)
	if err == nil || !errors.Is(d.classify(err, false), models.ErrAborted) {
		t.Errorf("the error %v is not retried", err)
	}
}
