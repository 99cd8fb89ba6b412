package store

import (
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	mysqldriver "github.com/go-sql-driver/mysql"
	"gorm.io/driver/mysql"
	"gorm.io/gorm"

	"customer-events/models"
)

//go:embed migrations/mysql/*.sql
var mysqlMigrations embed.FS

// mysqlDialect is MySQL, MariaDB, or TiDB.
type mysqlDialect struct{ config *mysqldriver.Config }

// newMySQL reads mysql://user:password@host:port/name or mysql://user@unix(/path/to.sock)/name. Percent signs in user and
// password escape as in any URL. Of options only tls (true, skip-verify, preferred) is taken: the rest of the connection's
// posture is set here and not hoped for.
func newMySQL(text string) (dialect, error) {
	bad := func(why string) (dialect, error) {
		return nil, fmt.Errorf("database %q: %s; write mysql://user:password@host:port/name or mysql://user@unix(/path/to.sock)/name", redact(text), why)
	}
	rest, ok := strings.CutPrefix(text, "mysql://")
	if !ok {
		return bad("it does not begin with mysql://")
	}
	rest, query, _ := strings.Cut(rest, "?")
	config := mysqldriver.NewConfig()
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		user, password, _ := strings.Cut(rest[:at], ":")
		var err1, err2 error
		config.User, err1 = url.PathUnescape(user)
		config.Passwd, err2 = url.PathUnescape(password)
		if err1 != nil || err2 != nil {
			return bad("user or password has a percent sign that escapes nothing")
		}
		rest = rest[at+1:]
	}
	if socket, ok := strings.CutPrefix(rest, "unix("); ok {
		config.Net = "unix"
		if config.Addr, rest, ok = strings.Cut(socket, ")"); !ok {
			return bad("the socket's closing bracket is missing")
		}
	} else {
		slash := strings.IndexByte(rest+"/", '/')
		config.Net, config.Addr, rest = "tcp", rest[:slash], rest[slash:]
		if _, _, err := net.SplitHostPort(config.Addr); err != nil {
			config.Addr = net.JoinHostPort(strings.Trim(config.Addr, "[]"), "3306")
		}
	}
	if config.DBName = strings.TrimPrefix(rest, "/"); config.DBName == "" || config.User == "" {
		return bad("user and name of the database must both be there")
	}
	options, err := url.ParseQuery(query)
	if err != nil {
		return bad("its options cannot be read")
	}
	for option := range options {
		if option != "tls" {
			return bad(fmt.Sprintf("there is no option %q, only tls", option))
		}
	}
	config.TLSConfig = options.Get("tls")
	if config.TLSConfig != "" && !slices.Contains([]string{"true", "skip-verify", "preferred"}, config.TLSConfig) {
		return bad("tls is one of true, skip-verify, preferred")
	}
	return mysqlDialect{config}, posture(config)
}

// posture is what every connection is set to.
func posture(config *mysqldriver.Config) error {
	config.Logger = &mysqldriver.NopLogger{}
	config.ParseTime, config.Loc = true, time.UTC
	config.ClientFoundRows = true
	// One round trip a statement instead of three, and 10 to 20 % of the time.
	config.InterpolateParams = true
	// MariaDB takes 16 MB where the driver believes in 64: ask the server.
	config.MaxAllowedPacket = 0
	config.RejectReadOnly = true
	config.Timeout, config.ReadTimeout, config.WriteTimeout = 5*time.Second, 60*time.Second, 60*time.Second
	config.Params = map[string]string{
		"time_zone":                "'+00:00'",
		"sql_mode":                 "'STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
		"innodb_lock_wait_timeout": "5",
	}
	return config.Apply(mysqldriver.Charset("utf8mb4", "utf8mb4_bin"))
}

func (mysqlDialect) name() string { return "MySQL" }

func (d mysqlDialect) open(opener Opener) (write, read *sql.DB, err error) {
	connector, err := mysqldriver.NewConnector(d.config)
	if err != nil {
		return nil, nil, err
	}
	db := opener(connector)
	db.SetMaxOpenConns(32)
	db.SetMaxIdleConns(32)
	db.SetConnMaxLifetime(10 * time.Minute) // so that a balancer's new servers get their share
	return db, db, nil
}

func (mysqlDialect) dialector(db *sql.DB) gorm.Dialector {
	return mysql.New(mysql.Config{Conn: db})
}

func (mysqlDialect) isolation() sql.IsolationLevel { return sql.LevelReadCommitted }

// classify goes by the table in shared knowledge of MySQL, MariaDB and TiDB errors: what is certain not to have been written
// may be rerun; whatever is not an answer of the server leaves a COMMIT open.
func (mysqlDialect) classify(err error, committing bool) error {
	if err == nil {
		return nil
	}
	wrap := func(meaning error) error { return fmt.Errorf("%w: %w", meaning, err) }
	var fault *mysqldriver.MySQLError
	if errors.As(err, &fault) {
		switch fault.Number {
		case 1062: // a unique key
			return wrap(models.ErrStale)
		case 1213, 1020, 1205, // deadlock, snapshot, lock wait
			8002, 8005, 8022, 8028, 9001, 9002, 9003, 9004, 9005, 9007, // TiDB: conflicts, schema change, storage busy
			1053, 1927, 1317, 1969, 3024, // shutdown, killed, timeout
			1153: // packet too large for somebody between us and the server, who closes the connection
			return wrap(models.ErrRerun)
		case 1040, 1203, 1226, // connections
			1290, 1792, 1836, // read-only
			1021, 1114, 1030, 3, 20, 28, 1041, 1038: // disk or memory full
			return wrap(models.ErrAway)
		case 1105: // what has no number of its own: only TiDB's giving up a statement that others were ahead of 256 times is known
			if fault.Message == "pessimistic lock retry limit reached" {
				return wrap(models.ErrRerun)
			}
		}
		return err
	}
	if committing {
		return wrap(models.ErrUnknown)
	}
	var network net.Error
	switch {
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, os.ErrNotExist):
		return wrap(models.ErrAway)
	case errors.Is(err, driver.ErrBadConn), errors.Is(err, mysqldriver.ErrInvalidConn), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.As(err, &network),
		// Of a connection that breaks at the beginning of a transaction the driver tells by an error that it exports to nobody.
		strings.HasSuffix(err.Error(), "bad connection"):
		return wrap(models.ErrRerun)
	}
	return err
}

func (mysqlDialect) twin(err error) error {
	const lockWaitTimeout = 1205
	var fault *mysqldriver.MySQLError
	if errors.As(err, &fault) && fault.Number == lockWaitTimeout {
		return models.ErrLocked
	}
	return err
}

// refusesRow: out of range, truncated, wrong date, wrong text, null, too long, a check; or a row that fills more than a packet.
func (mysqlDialect) refusesRow(err error) bool {
	var fault *mysqldriver.MySQLError
	return errors.Is(err, errRowTooLarge) || errors.As(err, &fault) && slices.Contains([]uint16{1048, 1264, 1265, 1292, 1366, 1367, 1406, 3819, 4025}, fault.Number)
}

// lanes: with two, one transaction is filled while the other syncs; more of them share less (bench/README.md).
func (mysqlDialect) lanes() int { return 2 }

func (mysqlDialect) maxPlaceholders() int { return 65535 }

func (mysqlDialect) pairs(n int) string {
	return strings.TrimSuffix(strings.Repeat("(?,?),", n), ",")
}

func (mysqlDialect) upsert(_ string, columns []string) string {
	sets := make([]string, len(columns))
	for i, column := range columns {
		sets[i] = column + " = VALUES(" + column + ")"
	}
	return " ON DUPLICATE KEY UPDATE " + strings.Join(sets, ", ")
}

func (mysqlDialect) forUpdate() string { return " FOR UPDATE" }
