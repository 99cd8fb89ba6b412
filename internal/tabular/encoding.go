package tabular

import (
	"bufio"
	"encoding/binary"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// UTF8 returns a reader that converts UTF-16, which some spreadsheets write, to UTF-8. It recognises UTF-16
// by a byte order mark or by a zero byte in the first character, and passes on all other input unchanged.
func UTF8(input io.Reader) io.Reader {
	buffer := bufio.NewReader(input)
	begin, _ := buffer.Peek(2)
	if order := utf16Order(begin); order != nil {
		return &utf16Reader{input: buffer, order: order}
	}
	return buffer
}

// IsUTF16 reports whether UTF8 converts an input that begins with these bytes.
func IsUTF16(begin []byte) bool { return utf16Order(begin) != nil }

func utf16Order(begin []byte) binary.ByteOrder {
	switch {
	case len(begin) < 2:
		return nil
	case begin[0] == 0xff && begin[1] == 0xfe, begin[0] != 0 && begin[1] == 0:
		return binary.LittleEndian
	case begin[0] == 0xfe && begin[1] == 0xff, begin[0] == 0 && begin[1] != 0:
		return binary.BigEndian
	}
	return nil
}

// utf16Reader decodes UTF-16. It replaces a lone surrogate, or half a character at the end, by U+FFFD, which
// no value may contain.
type utf16Reader struct {
	input *bufio.Reader
	order binary.ByteOrder
	text  []byte // decoded, but not read yet
	err   error
}

// Read implements io.Reader.
func (r *utf16Reader) Read(p []byte) (int, error) {
	for len(r.text) == 0 && r.err == nil {
		r.fill()
	}
	if len(r.text) == 0 {
		return 0, r.err
	}
	n := copy(p, r.text)
	r.text = r.text[n:]
	return n, nil
}

func (r *utf16Reader) fill() {
	r.text = make([]byte, 0, 3*1024)
	for len(r.text) < 2048 {
		c, err := r.readUnit()
		if err != nil {
			r.err = err
			return
		}
		if utf16.IsSurrogate(c) {
			low, _ := r.input.Peek(2)
			pair := rune(utf8.RuneError)
			if len(low) == 2 {
				pair = utf16.DecodeRune(c, rune(r.order.Uint16(low)))
			}
			if pair != utf8.RuneError {
				_, _ = r.input.Discard(2)
			}
			c = pair
		}
		r.text = utf8.AppendRune(r.text, c)
	}
}

func (r *utf16Reader) readUnit() (rune, error) {
	var unit [2]byte
	switch _, err := io.ReadFull(r.input, unit[:]); err {
	case nil:
		return rune(r.order.Uint16(unit[:])), nil
	case io.ErrUnexpectedEOF:
		return utf8.RuneError, nil
	default:
		return 0, err
	}
}
