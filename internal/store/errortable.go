package store

import (
	"errors"
	"fmt"

	mysqldriver "github.com/go-sql-driver/mysql"

	"customer-events/models"
)

// errRowRejected means that the database rejects a value of a row.
var errRowRejected = errors.New("the database rejects a value")

// errorRow says what some of a database's error codes mean, in a statement and in COMMIT. COMMIT is separate
// because an error there may leave the outcome open: only writing the same again, with the same ids, decides
// it (models.ErrUnknown).
type errorRow struct {
	name              string
	codes             []int
	statement, commit error
}

// errorTable has a row for each kind of database error. A code is in one row only.
type errorTable []errorRow

// crowdedRow stands for 1105 with the message pessimisticLimit. 1105 is for errors without a number of their
// own.
const (
	crowdedRow       = -1105
	pessimisticLimit = "pessimistic lock retry limit reached"
)

// mysqlErrors has the codes of MySQL, MariaDB and TiDB. Sources:
// https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html,
// https://mariadb.com/kb/en/mariadb-error-code-reference/, https://docs.pingcap.com/tidb/stable/error-codes.
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
	// From something between this program and the server. The next try sends smaller statements (packetLimit).
	{"packet too large", []int{1153}, models.ErrAborted, models.ErrCommitUnknown},
	{"error during COMMIT", []int{1180}, models.ErrCommitUnknown, models.ErrCommitUnknown},
	{"Galera node without quorum or not ready", []int{1047}, models.ErrUnavailable, models.ErrCommitUnknown},
	{"binary log not writable", []int{1026, 1598}, models.ErrUnavailable, models.ErrCommitUnknown},
	{"read-only", []int{1290, 1792, 1836, 1036}, models.ErrUnavailable, models.ErrUnavailable},
	{"too many connections or transactions, no thread", []int{1040, 1203, 1226, 1135, 1637},
		models.ErrUnavailable, models.ErrUnavailable},
	{"memory for locks or sorting is full", []int{1206, 1041, 1038, 1037},
		models.ErrUnavailable, models.ErrUnavailable},
	{"disk full or not writable", []int{1021, 1114, 1030, 3, 20, 28}, models.ErrUnavailable, models.ErrCommitUnknown},
	{"value rejected", []int{1048, 1264, 1265, 1292, 1366, 1367, 1406, 3819, 4025},
		errRowRejected, errRowRejected},
}

// errCorruptCommit: a COMMIT that finds the file damaged leaves its outcome open.
var errCorruptCommit = fmt.Errorf("%w: %w", models.ErrCommitUnknown, models.ErrCorrupt)

// sqliteErrors has primary codes, and extended ones where they mean something else. Source:
// https://www.sqlite.org/rescode.html.
var sqliteErrors = errorTable{
	{"PRIMARYKEY, UNIQUE, ROWID", []int{1555, 2067, 2579}, models.ErrConflict, models.ErrConflict},
	{"BUSY, LOCKED, INTERRUPT, PROTOCOL", []int{5, 6, 9, 15}, models.ErrAborted, models.ErrAborted},
	{"NOMEM, IOERR", []int{7, 10}, models.ErrUnavailable, models.ErrCommitUnknown},
	// FULL concerns a page, and the page that commits is the last one: nothing is committed.
	{"PERM, READONLY, FULL, CANTOPEN", []int{3, 8, 13, 14}, models.ErrUnavailable, models.ErrUnavailable},
	{"CORRUPT, NOTADB", []int{11, 26}, models.ErrCorrupt, errCorruptCommit},
	{"TOOBIG, CONSTRAINT, MISMATCH", []int{18, 19, 20}, errRowRejected, errRowRejected},
}

// sqliteError is what the driver's errors have.
type sqliteError interface {
	error
	Code() int
}

// isBusy reports whether another connection holds the write lock of the SQLite file.
func isBusy(err error) bool {
	const busy = 5
	var fault sqliteError
	return errors.As(err, &fault) && fault.Code()&0xff == busy
}

func mysqlCode(fault *mysqldriver.MySQLError) int {
	if fault.Number == 1105 && fault.Message == pessimisticLimit {
		return crowdedRow
	}
	return int(fault.Number)
}

func (t errorTable) row(code int) *errorRow {
	for i := range t {
		for _, c := range t[i].codes {
			if c == code {
				return &t[i]
			}
		}
	}
	return nil
}

// known returns the first of the codes that is in the table, or the last one.
func (t errorTable) known(codes ...int) (code int) {
	for _, code = range codes {
		if t.row(code) != nil {
			break
		}
	}
	return code
}

// meaning is what a code means in a statement; nil if it is not in the table.
func (t errorTable) meaning(code int) error {
	if row := t.row(code); row != nil {
		return row.statement
	}
	return nil
}

// classify wraps the error in what its code means. otherwise is what a code means in COMMIT that is not in
// the table.
func (t errorTable) classify(code int, err error, committing bool, otherwise error) error {
	meaning := t.meaning(code)
	if row := t.row(code); row != nil && committing {
		meaning = row.commit
	} else if committing {
		meaning = otherwise
	}
	if meaning == nil {
		return err
	}
	return fmt.Errorf("%w: %w", meaning, err)
}
