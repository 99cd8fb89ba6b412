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
	groups               groupCommitter
	lastWriteError       writeErrors
	checks               checks
	damage               *damage
	pace                 upsertPace
}

// dialect is what differs between the databases.
type dialect interface {
	name() string
	// open returns the pools of connections. It need not connect.
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
	// checkTables returns an error for each table that is not stored as the migrations made it.
	checkTables(c catalog, want schema) error
	// exists returns an error if there is certainly no database of this program. It creates nothing.
	exists(ctx context.Context) error
	// explain adds to an error of a migration what to do about it.
	explain(err error) error
	// unreachable explains why a new connection failed, and what to do about it.
	unreachable(err error) error
	// isolation is what correctness is proved under: unique keys and conditional updates, no more.
	isolation() sql.IsolationLevel
	// classify says what an error means, by wrapping one of the errors in models; committing tells that it is COMMIT's.
	classify(err error, committing bool) error
	// classifyClaim says what an error means that was met in claiming an idempotency key: waiting for it is waiting for a twin.
	classifyClaim(err error) error
	// isRowError reports whether the database refuses a value of a row.
	isRowError(err error) bool
	// isStatementTooLarge reports whether the driver has not sent a statement because it exceeds the server's limit.
	isStatementTooLarge(err error) bool
	// isWriterBusy reports whether the error means only that another connection is writing.
	isWriterBusy(err error) bool
	// insertEvents writes events in their order and sets their numbers.
	insertEvents(ctx context.Context, tx *sql.Tx, events []*models.WebCustomerEvent) error
	// parallelGroups is how many transactions of small calls are worth being at work at once.
	parallelGroups() int
	// maxPlaceholders is how many a statement may have.
	maxPlaceholders() int
	// tuplePlaceholders is n pairs of placeholders, as they stand behind (a, b) IN.
	tuplePlaceholders(n int) string
	// upsert is the clause behind an INSERT that makes it an update of the given columns where the key is taken.
	upsert(key string, columns []string) string
	// knowsRanges tells that the planner finds out how many rows a range of an index has, before it decides to use it.
	knowsRanges() bool
	// clock is the query for the time of the database's own clock, in microseconds since 1970.
	clock() string
	// forUpdate stands behind a SELECT whose rows nobody else may change before the transaction ends.
	forUpdate() string
}

// Opener makes a pool of connections, as sql.OpenDB does; another may watch what goes over them.
type Opener func(driver.Connector) *sql.DB

// Open opens the database that the URL names (sqlite:PATH or mysql://…) and checks that it answers.
func Open(ctx context.Context, url string, log *slog.Logger) (*Store, error) {
	return OpenWith(ctx, url, log, sql.OpenDB)
}

// OpenWith is Open with an opener.
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
	s := &Store{dialect: watchedDialect{dialect, damage}, pools: pools, log: log, groups: groupCommitter{free: dialect.parallelGroups()}, checks: newChecks(), damage: damage}
	if err := pools.write.PingContext(ctx); err != nil {
		return nil, errors.Join(dialect.unreachable(err), pools.close())
	}
	for over, pool := range map[**gorm.DB]*sql.DB{&s.write: pools.write, &s.read: pools.read, &s.queries: pools.queries} {
		// gorm keeps the configuration it is given, and the pool in it: each needs its own.
		config := gorm.Config{SkipDefaultTransaction: true, Logger: logger.Discard, DisableAutomaticPing: true}
		if *over, err = gorm.Open(dialect.dialector(pool), &config); err != nil {
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
	return nil, fmt.Errorf("database %q: write sqlite:PATH, mysql://user:password@host:port/name or mysql://user@unix(/path/to.sock)/name", redact(url))
}

// CheckURL says what is wrong with a database's URL, without opening it.
func CheckURL(url string) error {
	_, err := dialectOf(url)
	return err
}

// redact leaves out what stands before the last @ of a URL, where passwords are.
func redact(url string) string {
	if at := strings.LastIndexByte(url, '@'); at >= 0 {
		return "…" + url[at:]
	}
	return url
}

// Close closes the database. What is committed is on disk already.
func (s *Store) Close() error { return s.pools.close() }

// Pools are the store's pools of connections by name, for their statistics (see pools).
func (s *Store) Pools() map[string]*sql.DB { return s.pools.byName() }

func (s *Store) writer() *sql.DB { return s.pools.write }

func (s *Store) reader() *sql.DB { return s.pools.read }
