package store

import (
	"errors"
	"fmt"
	"sync/atomic"

	mysqldriver "github.com/go-sql-driver/mysql"
)

// packetLimit limits the bytes of events in one INSERT. The driver respects the server's
// max_allowed_packet, but a proxy in between may have a lower limit. The proxy's error 1153 is the only
// sign of it. The error closes the connection, so that the transaction must be retried, with smaller
// statements.
type packetLimit struct{ learned atomic.Int64 }

// smallestPacket is smaller than the limit of any server or proxy.
const smallestPacket = 8 << 10

// bytes returns the limit.
func (l *packetLimit) bytes() int {
	if learned := int(l.learned.Load()); learned > 0 {
		return learned
	}
	return maxStatement
}

// note lowers the limit if the error, of a statement of the given size, says that the statement was too
// large. It returns the error, or errRowTooLarge if the statement had only one event.
func (l *packetLimit) note(err error, bytes, events int) error {
	const packetTooLarge = 1153
	var answer *mysqldriver.MySQLError
	if !errors.As(err, &answer) || answer.Number != packetTooLarge {
		return err
	}
	if events == 1 {
		return fmt.Errorf("%w: %w", errRowTooLarge, err)
	}
	before := l.learned.Load()
	if before > 0 && int64(bytes) > 2*before {
		return err // another call has lowered the limit meanwhile
	}
	l.learned.CompareAndSwap(before, max(smallestPacket, int64(min(bytes, l.bytes()))/2))
	return err
}

// maxStatement limits the bytes of values in one INSERT. A thousand usual events have one megabyte, so
// that only batches of very long texts are split. Even if every byte must be escaped, the statement is
// smaller than the smallest usual max_allowed_packet (16 MB, MariaDB).
const maxStatement = 6 << 20

// errRowTooLarge means that one event alone is larger than the server's limit for a statement.
var errRowTooLarge = errors.New("the event is larger than max_allowed_packet")
