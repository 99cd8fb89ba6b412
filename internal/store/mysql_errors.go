package store

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	mysqldriver "github.com/go-sql-driver/mysql"

	"customer-events/models"
)

// crowdedRow is our code for error 1105 with the message pessimisticLimit. TiDB uses 1105 for all errors
// that have no number of their own.
const (
	crowdedRow       = -1105
	pessimisticLimit = "pessimistic lock retry limit reached"
)

// mysqlErrors has the codes of MySQL, MariaDB and TiDB. Sources:
// https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html,
// https://mariadb.com/kb/en/mariadb-error-code-reference/,
// https://docs.pingcap.com/tidb/stable/error-codes.
var mysqlErrors = errorTable{
	{"duplicate key", []int{1062, 1586}, models.ErrConflict, models.ErrConflict},
	{"deadlock, changed snapshot", []int{1213, 1020}, models.ErrAborted, models.ErrAborted},
	{"lock wait timeout", []int{1205}, models.ErrAborted, models.ErrAborted},
	{"TiDB: write conflict, changed schema", []int{8002, 8005, 8022, 8028, 9007},
		models.ErrAborted, models.ErrAborted},
	{"TiDB: storage busy", []int{9001, 9002, 9003, 9004, 9005}, models.ErrAborted, models.ErrCommitUnknown},
	{"TiDB: others locked the row first too often", []int{crowdedRow},
		models.ErrAborted, models.ErrCommitUnknown},
	{"group replication rolled the transaction back", []int{3100, 3101},
		models.ErrAborted, models.ErrAborted},
	{"shutdown, connection killed, statement interrupted or timed out", []int{1053, 1927, 1317, 1969, 3024},
		models.ErrAborted, models.ErrCommitUnknown},
	// A proxy between this program and the server sends it. The retry has smaller statements (packetLimit).
	{"packet too large", []int{1153}, models.ErrAborted, models.ErrCommitUnknown},
	{"error during COMMIT", []int{1180}, models.ErrCommitUnknown, models.ErrCommitUnknown},
	{"Galera node without quorum or not ready", []int{1047}, models.ErrUnavailable, models.ErrCommitUnknown},
	{"binary log not writable", []int{1026, 1598}, models.ErrUnavailable, models.ErrCommitUnknown},
	{"read-only", []int{1290, 1792, 1836, 1036}, models.ErrUnavailable, models.ErrUnavailable},
	{"too many connections or transactions, no thread", []int{1040, 1203, 1226, 1135, 1637},
		models.ErrUnavailable, models.ErrUnavailable},
	{"memory for locks or sorting is full", []int{1206, 1041, 1038, 1037},
		models.ErrUnavailable, models.ErrUnavailable},
	{"disk full or not writable", []int{1021, 1114, 1030, 3, 20, 28},
		models.ErrUnavailable, models.ErrCommitUnknown},
	{"value rejected", []int{1048, 1264, 1265, 1292, 1366, 1367, 1406, 3819, 4025},
		errRowRejected, errRowRejected},
}

func mysqlCode(answer *mysqldriver.MySQLError) int {
	if answer.Number == 1105 && answer.Message == pessimisticLimit {
		return crowdedRow
	}
	return int(answer.Number)
}

// classify looks up the error in mysqlErrors. If an error of COMMIT is not in the table, or does not come
// from the server, the outcome is unknown.
func (mysqlDialect) classify(err error, committing bool) error {
	if err == nil {
		return nil
	}
	var answer *mysqldriver.MySQLError
	if errors.As(err, &answer) {
		return mysqlErrors.classify(mysqlCode(answer), err, committing, models.ErrCommitUnknown)
	}
	wrap := func(meaning error) error { return fmt.Errorf("%w: %w", meaning, err) }
	if committing {
		return wrap(models.ErrCommitUnknown)
	}
	var network net.Error
	switch {
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, os.ErrNotExist):
		return wrap(models.ErrUnavailable)
	case errors.Is(err, driver.ErrBadConn), errors.Is(err, mysqldriver.ErrInvalidConn),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &network),
		// If the connection breaks at BEGIN, the driver returns an unexported error.
		strings.HasSuffix(err.Error(), "bad connection"):
		return wrap(models.ErrAborted)
	}
	return err
}

// classifyClaim returns models.ErrInProgress if another call holds the key's lock for too long.
func (mysqlDialect) classifyClaim(err error) error {
	const lockWaitTimeout = 1205
	var answer *mysqldriver.MySQLError
	if errors.As(err, &answer) && answer.Number == lockWaitTimeout {
		return models.ErrInProgress
	}
	return err
}

// isRowError reports whether the server rejects a value, or a row is larger than a packet.
func (mysqlDialect) isRowError(err error) bool {
	var answer *mysqldriver.MySQLError
	return errors.Is(err, errRowTooLarge) ||
		errors.As(err, &answer) && mysqlErrors.meaning(mysqlCode(answer)) == errRowRejected
}

func (mysqlDialect) isStatementTooLarge(err error) bool {
	return errors.Is(err, mysqldriver.ErrPktTooLarge)
}

func (mysqlDialect) isWriterBusy(error) bool { return false }
