package models

import (
	"bytes"
	"database/sql/driver"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
)

// ID identifies a customer event: 16 bytes, written as 32 upper-case hexadecimal digits. It is a version 7
// UUID, so that later events have greater ids and the index on it grows at its end.
type ID [16]byte

// ParseID parses the form that String returns. It rejects lower-case digits, because identifiers match byte
// for byte.
func ParseID(text string) (ID, bool) {
	var id ID
	if len(text) != 2*len(id) || strings.ToUpper(text) != text {
		return ID{}, false
	}
	_, err := hex.Decode(id[:], []byte(text))
	return id, err == nil
}

// String returns the 32 upper-case hexadecimal digits that API callers see.
func (id ID) String() string {
	var digits [32]byte
	hex.Encode(digits[:], id[:])
	return string(bytes.ToUpper(digits[:]))
}

// Milliseconds returns the time at which the id was generated, in milliseconds since 1970. Source: RFC 9562,
// section 5.7.
func (id ID) Milliseconds() int64 { return int64(binary.BigEndian.Uint64(id[:8]) >> 16) }

// Value returns the 16 bytes for the database. It implements driver.Valuer.
func (id ID) Value() (driver.Value, error) { return id[:], nil }

// Scan copies the 16 bytes that the database returns. It implements sql.Scanner.
func (id *ID) Scan(src any) error {
	raw, ok := src.([]byte)
	if !ok || len(raw) != len(id) {
		return fmt.Errorf("an event's id is 16 bytes, not %T of length %d", src, len(raw))
	}
	copy(id[:], raw)
	return nil
}
