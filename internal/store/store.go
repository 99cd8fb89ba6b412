package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"customer-events/models"
)

// Store is an open database. It is safe for concurrent use.
type Store struct {
	dialect dialect
	pools   pools
	// write, read and queries are gorm over the pools of these names.
	write, read, queries *gorm.DB
	log                  *slog.Logger
	queue                passQueue
	lastWriteError       writeErrors
	checks               checks
	damage               *damage
	pace                 upsertPace
}

// dialect is what differs between the databases.
type dialect interface {
	name() string
	// open returns the connection pools. It need not connect.
	open(Opener) (pools, error)
	dialector(db *sql.DB) gorm.Dialector

	// migrations are the dialect's migrations, with the lock under which they are applied.
	migrations() (*migrations, error)
	// migrationPool returns the pool to migrate with: the given one, or another, which the caller closes.
	migrationPool(db *sql.DB) (*sql.DB, error)
	// catalog reads which tables and columns the database has.
	catalog(ctx context.Context, db *sql.DB) (catalog, error)
	// canHold returns an error if the server cannot hold the tables.
	canHold(ctx context.Context, db *sql.DB) error
	// checkTables returns an error for each table that is not stored as the migrations created it.
	checkTables(c catalog, want schema) error
	// exists returns an error if there is certainly no database of this program. It creates nothing.
	exists(ctx context.Context) error
	// explain adds a remedy to an error of a migration.
	explain(err error) error
	// unreachable explains why a new connection failed, with a remedy.
	unreachable(err error) error

	// classify wraps an error in the error of models that it means. committing is true for an error of
	// COMMIT.
	classify(err error, committing bool) error
	// classifyClaim is classify for the INSERT or UPDATE that claims an idempotency key, where waiting
	// for a lock means that another call with the same key is in progress.
	classifyClaim(err error) error
	// isRowError reports whether the database rejects a value of a row.
	isRowError(err error) bool
	// isStatementTooLarge reports whether the driver has not sent a statement because it exceeds the
	// server's limit.
	isStatementTooLarge(err error) bool
	// isWriterBusy reports whether the error means only that another connection is writing.
	isWriterBusy(err error) bool

	// insertEvents writes events in their order and sets their numbers.
	insertEvents(ctx context.Context, tx *sql.Tx, events []*models.WebCustomerEvent) error
	// insertAlone is insertEvents with one statement that is a transaction by itself. It reports false, and
	// has written nothing, if the database gains nothing by that, or if the events need several statements.
	// With noWait it fails instead of waiting for another transaction's lock, if the server can do that. Its
	// error is classified.
	insertAlone(
		ctx context.Context, db *sql.DB, events []*models.WebCustomerEvent, noWait bool,
	) (done bool, err error)
	// hasOneWriter reports whether only one transaction can write at a time.
	hasOneWriter() bool
	// maxPlaceholders is the highest number of placeholders that a statement may have.
	maxPlaceholders() int
	// tuplePlaceholders returns n pairs of placeholders, for the list after (a, b) IN.
	tuplePlaceholders(n int) string
	// upsert returns the clause after an INSERT that updates the given columns if the key exists.
	upsert(key string, columns []string) string
	// knowsRanges reports whether the planner estimates the rows of an index range before it uses the
	// index.
	knowsRanges() bool
	// clock returns the query for the time of the database's clock, in microseconds since 1970.
	clock() string
	// forUpdate returns the clause after a SELECT that locks its rows until the transaction ends.
	forUpdate() string
}

// Opener opens a connection pool, as sql.OpenDB does. Another opener may observe the traffic.
type Opener func(driver.Connector) *sql.DB

// Open opens the database at the URL (sqlite:PATH or mysql://…) and checks that it answers.
func Open(ctx context.Context, url string, log *slog.Logger) (*Store, error) {
	return OpenWith(ctx, url, log, sql.OpenDB)
}

// OpenWith is Open with an opener for the connection pools.
func OpenWith(ctx context.Context, url string, log *slog.Logger, opener Opener) (*Store, error) {
	dialect, err := dialectOf(url)
	if err != nil {
		return nil, err
	}
	pools, err := dialect.open(opener)
	if err != nil {
		return nil, err
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	damage := &damage{log: log}
	s := &Store{
		dialect: watchedDialect{dialect, damage},
		pools:   pools,
		log:     log,
		queue:   newPassQueue(dialect.hasOneWriter()),
		checks:  newChecks(),
		damage:  damage,
	}
	if err := pools.write.PingContext(ctx); err != nil {
		return nil, errors.Join(dialect.unreachable(err), pools.close())
	}
	handles := map[**gorm.DB]*sql.DB{&s.write: pools.write, &s.read: pools.read, &s.queries: pools.queries}
	for db, pool := range handles {
		// gorm stores the pool in the configuration, so that each pool needs its own.
		config := gorm.Config{SkipDefaultTransaction: true, Logger: logger.Discard, DisableAutomaticPing: true}
		if *db, err = gorm.Open(dialect.dialector(pool), &config); err != nil {
			return nil, fmt.Errorf("opening the %s database: %w", dialect.name(), errors.Join(err, pools.close()))
		}
	}
	return s, s.guardWrites()
}

func dialectOf(url string) (dialect, error) {
	scheme, rest, _ := strings.Cut(url, ":")
	switch scheme {
	case "sqlite":
		return newSQLite(rest)
	case "mysql":
		return newMySQL(url)
	}
	return nil, fmt.Errorf("database %q: write sqlite:PATH, mysql://user:password@host:port/name or "+
		"mysql://user@unix(/path/to.sock)/name", redact(url))
}

// CheckURL returns an error that explains what is wrong with a database URL. It does not open the database.
func CheckURL(url string) error {
	_, err := dialectOf(url)
	return err
}

// redact removes everything before the last @ of a URL, which may include a password.
func redact(url string) string {
	if at := strings.LastIndexByte(url, '@'); at >= 0 {
		return "…" + url[at:]
	}
	return url
}

// Close closes the database. All commits are on disk already.
func (s *Store) Close() error { return s.pools.close() }

// Pools returns the connection pools by name, for their statistics.
func (s *Store) Pools() map[string]*sql.DB { return s.pools.byName() }

func (s *Store) writer() *sql.DB { return s.pools.write }

func (s *Store) reader() *sql.DB { return s.pools.read }
