package models

import (
	"bytes"
	"database/sql/driver"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
)

// ID is the identity of a customer event: 16 bytes, written as 32 upper-case hexadecimal digits. It is a version 7 UUID,
// so that later events have greater ids and the index on it grows at its end.
type ID [16]byte

// ParseID reads the form that String writes; lower-case digits are not accepted, since identifiers match by bytes.
func ParseID(text string) (ID, bool) {
	var id ID
	if len(text) != 2*len(id) || strings.ToUpper(text) != text {
		return ID{}, false
	}
	_, err := hex.Decode(id[:], []byte(text))
	return id, err == nil
}

// String is the form that callers see.
func (id ID) String() string {
	var digits [32]byte
	hex.Encode(digits[:], id[:])
	return string(bytes.ToUpper(digits[:]))
}

// Milliseconds is the time at which the id was made, in milliseconds since 1970. Source: RFC 9562, section 5.7.
func (id ID) Milliseconds() int64 { return int64(binary.BigEndian.Uint64(id[:8]) >> 16) }

// Value stores the 16 bytes.
func (id ID) Value() (driver.Value, error) { return id[:], nil }

// Scan reads the 16 bytes.
func (id *ID) Scan(src any) error {
	raw, ok := src.([]byte)
	if !ok || len(raw) != len(id) {
		return fmt.Errorf("an event's id is 16 bytes, not %T of length %d", src, len(raw))
	}
	copy(id[:], raw)
	return nil
}
