package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"time"

	mysqldriver "github.com/go-sql-driver/mysql"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

func (mysqlDialect) migrations() (*migrations, error) {
	locker, err := lock.NewMySQLTableLocker(lock.WithTableLockTimeout(200*time.Millisecond, 1500))
	if err != nil {
		return nil, err
	}
	return newMigrations(goose.DialectMySQL, mysqlMigrations, "migrations/mysql", locker)
}

// migrationPool opens connections on which goose creates its own tables as InnoDB too, and without the
// timeout of calls: creating an index may take long.
func (d mysqlDialect) migrationPool(db *sql.DB) (*sql.DB, error) {
	config := d.config.Clone()
	config.ReadTimeout = 0
	config.RejectReadOnly = false // report the server's own error
	config.Params = maps.Clone(config.Params)
	var server string
	if err := db.QueryRow("SELECT VERSION()").Scan(&server); err != nil {
		return nil, err
	}
	if !isTiDB(server) {
		config.Params["default_storage_engine"] = "'InnoDB'"
	}
	connector, err := mysqldriver.NewConnector(config)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

func (mysqlDialect) catalog(ctx context.Context, db *sql.DB) (catalog, error) {
	var server string
	var nameCase int
	if err := db.QueryRowContext(ctx, "SELECT VERSION(), "+
		"@@lower_case_table_names").Scan(&server, &nameCase); err != nil {
		return catalog{}, err
	}
	c, err := readCatalog(ctx, db, `SELECT t.table_name, c.column_name, t.engine, t.row_format
		FROM information_schema.tables t
		JOIN information_schema.columns c ON c.table_schema = t.table_schema AND c.table_name = t.table_name
		WHERE t.table_schema = DATABASE()`, nameCase != 0)
	c.server = server
	return c, err
}

// smallestPage is the smallest InnoDB page size whose index keys can hold an external reference: it
// allows keys of 3072 bytes.
const smallestPage = 16 << 10

func (mysqlDialect) canHold(ctx context.Context, db *sql.DB) error {
	var support string
	err := db.QueryRowContext(ctx, "SELECT support FROM information_schema.engines WHERE engine = "+
		"'InnoDB'").Scan(&support)
	if errors.Is(err, sql.ErrNoRows) || err == nil && support != "YES" && support != "DEFAULT" {
		return errNoInnoDB
	}
	if err != nil {
		return err
	}
	var enforced sql.NullString // only MariaDB has the variable
	err = db.QueryRowContext(ctx, "SELECT @@enforce_storage_engine").Scan(&enforced)
	if err == nil && enforced.Valid && !strings.EqualFold(enforced.String, "InnoDB") {
		return fmt.Errorf("%w (it enforces the engine %s)", errNoInnoDB, enforced.String)
	}
	var page int64
	err = db.QueryRowContext(ctx, "SELECT @@innodb_page_size").Scan(&page)
	if err == nil && page > 0 && page < smallestPage {
		return fmt.Errorf("the server's InnoDB pages of %d bytes are too small for the tables' keys: use a "+
			"server whose innodb_page_size is %d or more", page, smallestPage)
	}
	return nil
}

var errNoInnoDB = errors.New("the server cannot create InnoDB tables, and only they have the " +
	"transactions that this program needs: enable InnoDB on the server (see SHOW ENGINES), or use another " +
	"server")

func isTiDB(server string) bool { return strings.Contains(server, "TiDB") }

// checkTables checks engine and row format. On TiDB every table is InnoDB, and the row format has no
// meaning.
func (mysqlDialect) checkTables(c catalog, want schema) error {
	var wrong []error
	tidb := isTiDB(c.server)
	for _, name := range slices.Sorted(maps.Keys(want)) {
		table, found := c.tables[name]
		rightFormat := tidb || strings.EqualFold(table.rowFormat, "Dynamic")
		if !found || strings.EqualFold(table.engine, "InnoDB") && rightFormat {
			continue
		}
		if table.engine == "" {
			wrong = append(wrong, fmt.Errorf("%q is a view or damaged, and not the table that this program "+
				"created: restore it from a backup", name))
			continue
		}
		wrong = append(wrong, fmt.Errorf("the table %q has the engine %s and the row format %s instead of "+
			"InnoDB and Dynamic: stop all servers and run ALTER TABLE %s ENGINE=InnoDB ROW_FORMAT=DYNAMIC",
			name, table.engine, table.rowFormat, name))
	}
	return errors.Join(wrong...)
}

// exists returns nil: only a connection can show whether the database exists.
func (mysqlDialect) exists(context.Context) error { return nil }

// explain adds a remedy to errors of the storage engine.
func (mysqlDialect) explain(err error) error {
	var answer *mysqldriver.MySQLError
	if !errors.As(err, &answer) {
		return err
	}
	switch answer.Number {
	case 1286, 1289, 1911: // unknown or disabled storage engine
		return fmt.Errorf("%w: %w", errNoInnoDB, err)
	case 1709, 1071: // index key too long
		return fmt.Errorf("the server's InnoDB cannot hold the tables' keys: use a server whose "+
			"innodb_page_size is %d or more: %w", smallestPage, err)
	}
	return err
}

// unreachable distinguishes a server that refuses the connection from one that does not answer.
func (d mysqlDialect) unreachable(err error) error {
	server := "the MySQL server at " + d.config.Addr
	var answer *mysqldriver.MySQLError
	var network net.Error
	switch {
	case !errors.As(err, &answer):
		if errors.As(err, &network) {
			return fmt.Errorf("%s cannot be reached: %w: start it, or correct --database or "+
				"CRM_DATABASE", server, err)
		}
		return fmt.Errorf("%s does not answer: %w", server, err)
	case answer.Number == 1045, answer.Number == 1698:
		return fmt.Errorf("%s refuses the login of the user %q: check user and password in --database or "+
			"CRM_DATABASE: %w", server, d.config.User, err)
	case answer.Number == 1049, answer.Number == 1044:
		return fmt.Errorf("%s has no database %q, or the user %q may not use it: create it with CREATE "+
			"DATABASE, grant the rights, or correct --database or CRM_DATABASE: %w",
			server, d.config.DBName, d.config.User, err)
	case answer.Number == 1193 && strings.Contains(answer.Message, "innodb"):
		return fmt.Errorf("%s: %w: %w", server, errNoInnoDB, err)
	}
	return fmt.Errorf("%s refuses the connection: %w", server, err)
}
