package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	mysqldriver "github.com/go-sql-driver/mysql"

	"customer-events/models"
)

// insertEventsSQL is the statement up to its rows.
var insertEventsSQL = "INSERT INTO web_customer_events (" + eventColumnList + ") VALUES "

// insertEvents writes events in as few statements as the server accepts, and reads their numbers.
func (d mysqlDialect) insertEvents(
	ctx context.Context, tx *sql.Tx, events []*models.WebCustomerEvent,
) error {
	if err := insertLiterals(ctx, tx, events, d.packets); err != nil {
		return err
	}
	return readNumbers(ctx, d, tx, events)
}

// insertLiterals writes events in as few statements as the server accepts.
func insertLiterals(
	ctx context.Context, tx *sql.Tx, events []*models.WebCustomerEvent, packets *packetLimit,
) error {
	text := bufferPool.Get().(*insertBuilder)
	defer bufferPool.Put(text)
	for maxRows := len(events); len(events) > 0; {
		n := text.insert("", events[:min(maxRows, len(events))], packets)
		switch _, err := tx.ExecContext(ctx, text.query()); {
		case errors.Is(err, mysqldriver.ErrPktTooLarge) && n > 1:
			// The driver knows the server's max_allowed_packet and has sent nothing.
			maxRows = n / 2
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

// insert writes the statement, after a prefix, for the first of the events, as many as the limit allows. It
// returns their number.
func (l *insertBuilder) insert(
	prefix string, events []*models.WebCustomerEvent, packets *packetLimit,
) (n int) {
	size := len(prefix) + len(insertEventsSQL)
	for n < len(events) && (n == 0 || size+literalSize(events[n]) <= packets.bytes()) {
		size += literalSize(events[n])
		n++
	}
	l.Reset()
	l.Grow(size + size/8)
	l.WriteString(prefix)
	l.WriteString(insertEventsSQL)
	for i, event := range events[:n] {
		if i > 0 {
			l.WriteByte(',')
		}
		l.event(event)
	}
	return n
}

// mysqlValue is a column whose values can be written as literals.
type mysqlValue interface {
	// appendLiteral writes the event's value.
	appendLiteral(l *insertBuilder, e *models.WebCustomerEvent)
	// maxLiteralSize is the size of the longest literal, including the comma before it. For a text it is
	// the size of the empty literal.
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

// rowSize is the size of a row with empty texts. textColumns are the columns of texts.
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

// literalSize returns the highest size of a row whose texts need no escapes.
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
	l.Bytes()[start] = '(' // instead of the comma before the first value
	l.WriteByte(')')
}
