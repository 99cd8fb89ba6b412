package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	mysqldriver "github.com/go-sql-driver/mysql"
)

// variable is a session variable that has another name on some servers and is missing on others: the settings
// are tried in order until the server knows one.
type variable []string

var (
	// causalReads makes a node of a Galera cluster apply what other nodes have committed before it reads or
	// changes rows, so that a token or an account made on one node is there on all. Source:
	// https://mariadb.com/kb/en/galera-cluster-system-variables/#wsrep_sync_wait.
	causalReads = variable{"wsrep_sync_wait = 7"}
	// statementTimeout ends a query on the server: cancelling it here only closes the connection. MariaDB
	// counts seconds, MySQL and TiDB milliseconds.
	statementTimeout = variable{
		fmt.Sprintf("max_statement_time = %d", int(queryTimeout.Seconds())),
		fmt.Sprintf("max_execution_time = %d", queryTimeout.Milliseconds()),
	}
)

// variablesConnector sets variables on each new connection.
type variablesConnector struct {
	driver.Connector
	variables []variable
}

// Connect opens a connection.
func (c variablesConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	for _, v := range c.variables {
		if err := v.set(ctx, conn.(driver.ExecerContext)); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	return conn, nil
}

func (v variable) set(ctx context.Context, conn driver.ExecerContext) error {
	const unknownVariable = 1193
	for _, setting := range v {
		_, err := conn.ExecContext(ctx, "SET SESSION "+setting, nil)
		var fault *mysqldriver.MySQLError
		if !errors.As(err, &fault) || fault.Number != unknownVariable {
			return err
		}
	}
	return nil
}
