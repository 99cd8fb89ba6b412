package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	mysqldriver "github.com/go-sql-driver/mysql"
)

// variable is a session variable whose name depends on the server, as a list of settings to try in order
// until the server knows one. Servers that know none keep their default.
type variable []string

var (
	// readCommitted is the isolation level that correctness needs beside unique keys and conditional updates.
	// Set once for a connection, it costs no round trip for each transaction.
	readCommitted = variable{"TRANSACTION ISOLATION LEVEL READ COMMITTED"}
	// causalReads makes a node of a Galera cluster apply the commits of other nodes before it reads or
	// changes rows. So a session or an account that was created on one node is visible on all. Source:
	// https://mariadb.com/kb/en/galera-cluster-system-variables/#wsrep_sync_wait.
	causalReads = variable{"wsrep_sync_wait = 7"}
	// statementTimeout stops a query on the server: cancelling it here only closes the connection. MariaDB
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

// set tries the settings on a connection.
func (v variable) set(ctx context.Context, conn driver.ExecerContext) error {
	const unknownVariable = 1193
	for _, setting := range v {
		_, err := conn.ExecContext(ctx, "SET SESSION "+setting, nil)
		var answer *mysqldriver.MySQLError
		if !errors.As(err, &answer) || answer.Number != unknownVariable {
			return err
		}
	}
	return nil
}
