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

// insertBuilder writes the rows of an INSERT as text, for MySQL, in one pass over the events. The driver
// would build the same text from 29 values in interfaces for each event, which costs 6 kB and 10 µs an
// event (test/bench/README.md). Escaping is safe because configureConnection sets utf8mb4, and an SQL
// mode in which the backslash escapes.
type insertBuilder struct{ bytes.Buffer }

// bufferPool reuses the buffers, which have a megabyte each for a large call.
var bufferPool = sync.Pool{New: func() any { return new(insertBuilder) }}

// query returns the text without a copy. It is valid until the next write.
func (l *insertBuilder) query() string {
	return unsafe.String(unsafe.SliceData(l.Bytes()), l.Len())
}

// null writes the comma before a value, and NULL if there is no value.
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

// float writes a number with an exponent: without one, the literal would be a DECIMAL.
func (l *insertBuilder) float(number *float64) {
	if !l.null(number == nil) {
		var digits [32]byte
		l.Write(strconv.AppendFloat(digits[:0], *number, 'e', -1, 64))
	}
}

// time writes a time digit by digit, which takes a fifth of the time of time.Format.
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

// appendDigits writes the last digits of a number, at most six.
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

// escaped writes a text with escapes.
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
		case 0x1a: // end of file on Windows
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

// needsNoEscape reports whether a text has only printable ASCII characters without quotation marks and
// backslashes, which is true for most. It checks eight bytes at once: each line sets the top bit of the
// bytes that it looks for, as long as no byte has its top bit set already
// (https://graphics.stanford.edu/~seander/bithacks.html).
func needsNoEscape(text string) bool {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(text); i += 8 {
		t := text[i : i+8]
		word := uint64(t[0]) | uint64(t[1])<<8 | uint64(t[2])<<16 | uint64(t[3])<<24 |
			uint64(t[4])<<32 | uint64(t[5])<<40 | uint64(t[6])<<48 | uint64(t[7])<<56
		found := word            // not ASCII
		found |= word - ones*' ' // control characters
		found |= word + ones     // DEL
		found |= (word ^ ones*'"') - ones
		found |= (word ^ ones*'\'') - ones
		found |= (word ^ ones*'\\') - ones
		if found&tops != 0 {
			return false
		}
	}
	for ; i < len(text); i++ {
		if b := text[i]; b < ' ' || b >= 0x7f || b == '"' || b == '\'' || b == '\\' {
			return false
		}
	}
	return true
}
