package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"
	"unsafe"

	mysqldriver "github.com/go-sql-driver/mysql"

	"customer-events/models"
)

// insertBuilder writes the rows of an INSERT as text, for MySQL. The driver would do the same from a thousand times 28 values in
// interfaces, at 6 kB and 10 µs an event; here it is one pass over the events (bench/README.md has the figures). What makes it
// safe is set on every connection by posture: utf8mb4, and a backslash that escapes.
type insertBuilder struct{ bytes.Buffer }

var insertEventsSQL = "INSERT INTO web_customer_events (" + eventColumnList + ") VALUES "

// bufferPool keeps what literals are written into: a megabyte a call.
var bufferPool = sync.Pool{New: func() any { return new(insertBuilder) }}

// query is the text without a copy. It may be used until the next write.
func (l *insertBuilder) query() string {
	return unsafe.String(unsafe.SliceData(l.Bytes()), l.Len())
}

// insertEvents writes events in as few statements as the server takes, and reads the numbers that it gave them.
func (d mysqlDialect) insertEvents(ctx context.Context, tx *sql.Tx, events []*models.WebCustomerEvent) error {
	if err := insertLiterals(ctx, tx, events, d.packets); err != nil {
		return err
	}
	return readNumbers(ctx, tx, events)
}

// maxStatement is how many bytes of values one INSERT carries at the most. A thousand usual events have one megabyte; only
// batches of very long texts are divided, before a server's smallest usual packet (16 MB, MariaDB) could refuse them even if
// every byte has to be escaped.
const maxStatement = 6 << 20

// errRowTooLarge says that one event alone fills more than the server takes at once.
var errRowTooLarge = errors.New("the event is larger than max_allowed_packet")

func insertLiterals(ctx context.Context, tx *sql.Tx, events []*models.WebCustomerEvent, packets *packetLimit) error {
	text := bufferPool.Get().(*insertBuilder)
	defer bufferPool.Put(text)
	for most := len(events); len(events) > 0; {
		n, bytes := 0, len(insertEventsSQL)
		for n < min(most, len(events)) && (n == 0 || bytes+literalSize(events[n]) <= packets.bytes()) {
			bytes += literalSize(events[n])
			n++
		}
		text.Reset()
		text.Grow(bytes + bytes/8)
		text.WriteString(insertEventsSQL)
		for i, event := range events[:n] {
			if i > 0 {
				text.WriteByte(',')
			}
			text.event(event)
		}
		switch _, err := tx.ExecContext(ctx, text.query()); {
		case errors.Is(err, mysqldriver.ErrPktTooLarge) && n > 1:
			// The driver knows the server's max_allowed_packet and has sent nothing.
			most = n / 2
		case errors.Is(err, mysqldriver.ErrPktTooLarge):
			return fmt.Errorf("%w: %w", errRowTooLarge, err)
		case err != nil:
			return packets.note(err, text.Len(), n)
		default:
			events = events[n:]
		}
	}
	return nil
}

// mysqlValue is a column whose values can be written as literals.
type mysqlValue interface {
	// appendLiteral writes the event's value.
	appendLiteral(l *insertBuilder, e *models.WebCustomerEvent)
	// maxLiteralSize is the size of the longest literal, with the comma before it; for a text, that of an empty one.
	maxLiteralSize() int
}

func (c idColumn) appendLiteral(l *insertBuilder, e *models.WebCustomerEvent)    { l.id(c(e)) }
func (c keyColumn) appendLiteral(l *insertBuilder, e *models.WebCustomerEvent)   { l.key(c(e)) }
func (c textColumn) appendLiteral(l *insertBuilder, e *models.WebCustomerEvent)  { l.text(c(e)) }
func (c floatColumn) appendLiteral(l *insertBuilder, e *models.WebCustomerEvent) { l.float(c(e)) }
func (c timeColumn) appendLiteral(l *insertBuilder, e *models.WebCustomerEvent)  { l.time(c(e)) }
func (c bytesColumn) appendLiteral(l *insertBuilder, e *models.WebCustomerEvent) { l.hash(c(e)) }

func (idColumn) maxLiteralSize() int    { return len(",x''") + 2*len(models.ID{}) }
func (keyColumn) maxLiteralSize() int   { return len(",-9223372036854775808") }
func (textColumn) maxLiteralSize() int  { return len(",''") }
func (floatColumn) maxLiteralSize() int { return len(",-1.7976931348623157e+308") }
func (timeColumn) maxLiteralSize() int  { return len(",'2006-01-02 15:04:05.000000'") }
func (bytesColumn) maxLiteralSize() int { return len(",x''") + 2*3*models.IdentifierHashLength }

// rowSize is the size of a row without the bytes of its texts, and textColumns are the columns that have those.
var rowSize, textColumns = func() (size int, texts []textColumn) {
	size = len("(),")
	for _, column := range eventColumns {
		size += column.value.maxLiteralSize()
		if text, ok := column.value.(textColumn); ok {
			texts = append(texts, text)
		}
	}
	return size, texts
}()

// literalSize estimates the size of a row. Only escaped characters can make the row larger.
func literalSize(e *models.WebCustomerEvent) int {
	n := rowSize
	for _, column := range textColumns {
		if text := column(e); text != nil {
			n += len(*text)
		}
	}
	return n
}

// event writes a row.
func (l *insertBuilder) event(e *models.WebCustomerEvent) {
	start := l.Len()
	for i := range eventColumns {
		eventColumns[i].value.appendLiteral(l, e)
	}
	l.Bytes()[start] = '(' // the comma before the first value
	l.WriteByte(')')
}

func (l *insertBuilder) null(is bool) bool {
	if is {
		l.WriteString(",NULL")
	} else {
		l.WriteByte(',')
	}
	return is
}

func (l *insertBuilder) id(id *models.ID) {
	var digits [2 * len(models.ID{})]byte
	hex.Encode(digits[:], id[:])
	l.WriteString(",x'")
	l.Write(digits[:])
	l.WriteByte('\'')
}

func (l *insertBuilder) key(key *int64) {
	if !l.null(key == nil) {
		var digits [20]byte
		l.Write(strconv.AppendInt(digits[:0], *key, 10))
	}
}

func (l *insertBuilder) hash(hash []byte) {
	if !l.null(hash == nil) {
		l.WriteString("x'")
		l.Write(hex.AppendEncode(l.AvailableBuffer(), hash))
		l.WriteByte('\'')
	}
}

// float is written with an exponent, which makes it an approximate number from the start, and not a decimal.
func (l *insertBuilder) float(number *float64) {
	if !l.null(number == nil) {
		var digits [32]byte
		l.Write(strconv.AppendFloat(digits[:0], *number, 'e', -1, 64))
	}
}

// time is written by hand: that takes a fifth of the time of a layout, six times an event.
func (l *insertBuilder) time(at *time.Time) {
	if l.null(at == nil) {
		return
	}
	utc := at.UTC()
	year, month, day := utc.Date()
	hour, minute, second := utc.Clock()
	to := l.AvailableBuffer()
	to = appendDigits(append(to, '\''), year, 4)
	to = appendDigits(append(to, '-'), int(month), 2)
	to = appendDigits(append(to, '-'), day, 2)
	to = appendDigits(append(to, ' '), hour, 2)
	to = appendDigits(append(to, ':'), minute, 2)
	to = appendDigits(append(to, ':'), second, 2)
	if micros := utc.Nanosecond() / 1000; micros > 0 {
		to = appendDigits(append(to, '.'), micros, 6)
	}
	l.Write(append(to, '\''))
}

// appendDigits writes the last digits of a number, six at the most.
func appendDigits(to []byte, number, digits int) []byte {
	to = append(to, "000000"[:digits]...)
	for at := len(to) - 1; digits > 0; at, digits = at-1, digits-1 {
		to[at] += byte(number % 10)
		number /= 10
	}
	return to
}

func (l *insertBuilder) text(text *string) {
	if l.null(text == nil) {
		return
	}
	l.WriteByte('\'')
	if needsNoEscape(*text) {
		l.WriteString(*text)
	} else {
		l.escaped(*text)
	}
	l.WriteByte('\'')
}

func (l *insertBuilder) escaped(rest string) {
	for i := 0; i < len(rest); i++ {
		var escape byte
		switch rest[i] {
		case '\'', '"', '\\':
			escape = rest[i]
		case 0:
			escape = '0'
		case '\n':
			escape = 'n'
		case '\r':
			escape = 'r'
		case 0x1a: // ends a text on some systems
			escape = 'Z'
		default:
			continue
		}
		l.WriteString(rest[:i])
		l.WriteByte('\\')
		l.WriteByte(escape)
		rest, i = rest[i+1:], -1
	}
	l.WriteString(rest)
}
