package store

import (
	"bytes"
	"encoding/hex"
	"strconv"
	"sync"
	"time"
	"unsafe"

	"customer-events/models"
)

// literals writes the rows of an INSERT as text, for MySQL. The driver would do the same from a thousand times 28 values in
// interfaces, at 6 kB and 10 µs an event; here it is one pass over the events (bench/README.md has the figures). What makes it
// safe is set on every connection by posture: utf8mb4, and a backslash that escapes.
type literals struct{ bytes.Buffer }

// texts keeps what literals are written into: a megabyte a call.
var texts = sync.Pool{New: func() any { return new(literals) }}

// query is the text without a copy. It may be used until the next write.
func (l *literals) query() string {
	return unsafe.String(unsafe.SliceData(l.Bytes()), l.Len())
}

// event writes a row, in the order of eventColumns.
func (l *literals) event(e *models.WebCustomerEvent) {
	l.WriteString("(x'")
	var digits [32]byte
	hex.Encode(digits[:], e.ID[:])
	l.Write(digits[:])
	l.WriteByte('\'')
	l.key(&e.AccountKey)
	l.key(e.ParticipantKey)
	l.key(e.ClassificationKey)
	l.key(&e.UnitKey)
	l.time(&e.PerformedOn)
	l.text(&e.Website)
	l.text(e.Description)
	l.text(e.ExternalSystem)
	l.text(e.ExternalSystemReferenceNumber)
	for _, text := range [...]*string{e.UDFString1, e.UDFString2, e.UDFString3, e.UDFString4, e.UDFString5, e.UDFString6, e.UDFString7, e.UDFString8} {
		l.text(text)
	}
	for _, number := range [...]*float64{e.UDFFloat1, e.UDFFloat2, e.UDFFloat3, e.UDFFloat4} {
		l.float(number)
	}
	for _, at := range [...]*time.Time{e.UDFDate1, e.UDFDate2, e.UDFDate3, e.UDFDate4} {
		l.time(at)
	}
	l.time(&e.CreatedAt)
	l.key(&e.CreatedByKey)
	l.WriteByte(')')
}

// size is about how long a row becomes.
func size(e *models.WebCustomerEvent) int {
	n := 450 + len(e.Website)
	for _, text := range [...]*string{e.Description, e.ExternalSystem, e.ExternalSystemReferenceNumber,
		e.UDFString1, e.UDFString2, e.UDFString3, e.UDFString4, e.UDFString5, e.UDFString6, e.UDFString7, e.UDFString8} {
		if text != nil {
			n += len(*text)
		}
	}
	return n
}

func (l *literals) null(is bool) bool {
	if is {
		l.WriteString(",NULL")
	} else {
		l.WriteByte(',')
	}
	return is
}

func (l *literals) key(key *int64) {
	if !l.null(key == nil) {
		var digits [20]byte
		l.Write(strconv.AppendInt(digits[:0], *key, 10))
	}
}

// float is written with an exponent, which makes it an approximate number from the start, and not a decimal.
func (l *literals) float(number *float64) {
	if !l.null(number == nil) {
		var digits [32]byte
		l.Write(strconv.AppendFloat(digits[:0], *number, 'e', -1, 64))
	}
}

func (l *literals) time(at *time.Time) {
	if !l.null(at == nil) {
		var digits [32]byte
		l.Write(at.UTC().AppendFormat(digits[:0], "'2006-01-02 15:04:05.000000'"))
	}
}

func (l *literals) text(text *string) {
	if l.null(text == nil) {
		return
	}
	l.WriteByte('\'')
	rest := *text
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
	l.WriteByte('\'')
}
