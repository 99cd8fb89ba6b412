package store

import (
	"errors"
	"fmt"
	"sync/atomic"

	mysqldriver "github.com/go-sql-driver/mysql"
)

// packetLimit is how many bytes of events one INSERT may have. The driver keeps to the server's
// max_allowed_packet; a proxy in between may take less, which only its error 1153 tells. It closes the
// connection, so that the transaction has to be run again: with smaller statements, since the same ones would
// fail again.
type packetLimit struct{ learned atomic.Int64 }

// smallestPacket is less than any server or proxy takes.
const smallestPacket = 8 << 10

func (l *packetLimit) bytes() int {
	if learned := int(l.learned.Load()); learned > 0 {
		return learned
	}
	return maxStatement
}

// note learns from the error of a statement of so many bytes and events.
func (l *packetLimit) note(err error, bytes, events int) error {
	const packetTooLarge = 1153
	var fault *mysqldriver.MySQLError
	if !errors.As(err, &fault) || fault.Number != packetTooLarge {
		return err
	}
	if events == 1 {
		return fmt.Errorf("%w: %w", errRowTooLarge, err)
	}
	before := l.learned.Load()
	if before > 0 && int64(bytes) > 2*before {
		return err // another call has learned it meanwhile
	}
	l.learned.CompareAndSwap(before, max(smallestPacket, int64(min(bytes, l.bytes()))/2))
	return err
}

// maxStatement is how many bytes of values one INSERT carries at the most. A thousand usual events have one megabyte; only
// batches of very long texts are divided, before a server's smallest usual packet (16 MB, MariaDB) could refuse them even if
// every byte has to be escaped.
const maxStatement = 6 << 20

// errRowTooLarge says that one event alone fills more than the server takes at once.
var errRowTooLarge = errors.New("the event is larger than max_allowed_packet")
