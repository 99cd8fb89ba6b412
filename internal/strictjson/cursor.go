// Package strictjson walks over JSON text in place, without building a tree and without copying: strings without escapes are
// slices of the text. It reads RFC 8259 strictly and tells two kinds of faults apart: ErrSyntax, after which nothing behind
// it can be trusted, and ErrText (bad UTF-8, half a surrogate pair), which concerns one string and leaves the cursor behind
// it, so that one bad string need not spoil its neighbours. Repeated names are the caller's to judge. For answers of a thousand
// rows, which are written by hand, it writes texts and lists.
package strictjson

import (
	"errors"
	"strings"
	"unicode/utf8"
)

var (
	// ErrSyntax says that the text is not JSON.
	ErrSyntax = errors.New("not valid JSON")
	// ErrText says that a string is not Unicode text: it holds bytes that are not UTF-8, or half a surrogate pair.
	ErrText = errors.New("not valid Unicode text")
)

// Kind is the kind of a JSON value.
type Kind byte

// The kinds of JSON values; End is no value at all.
const (
	End Kind = iota
	Null
	Bool
	Number
	String
	Array
	Object
)

// Cursor stands somewhere in a JSON text. The zero depth of use is one goroutine.
type Cursor struct {
	text string
	pos  int
}

// New stands at the beginning of the text.
func New(text string) *Cursor { return &Cursor{text: text} }

// Kind is the kind of the value that the cursor stands before, by its first character.
func (c *Cursor) Kind() Kind {
	c.blanks()
	if c.pos == len(c.text) {
		return End
	}
	switch c.text[c.pos] {
	case '{':
		return Object
	case '[':
		return Array
	case '"':
		return String
	case 't', 'f':
		return Bool
	case 'n':
		return Null
	default:
		return Number
	}
}

// Left is how many bytes of the text are still before the cursor.
func (c *Cursor) Left() int { return len(c.text) - c.pos }

// End checks that nothing but blanks is left.
func (c *Cursor) End() error {
	if c.Kind() != End {
		return ErrSyntax
	}
	return nil
}

// Object goes through the members of the object that the cursor stands before. The function is called with the cursor before
// the member's value, and must consume it. A name that is no text is handed on with its bad parts replaced.
func (c *Cursor) Object(member func(name string) error) error {
	if err := c.take('{'); err != nil {
		return err
	}
	if c.blanks(); c.peek() == '}' {
		c.pos++
		return nil
	}
	for {
		name, err := c.Text()
		if errors.Is(err, ErrText) {
			name = strings.ToValidUTF8(name, string(utf8.RuneError))
		} else if err != nil {
			return err
		}
		if err := c.take(':'); err != nil {
			return err
		}
		if err := member(name); err != nil {
			return err
		}
		c.blanks()
		switch c.peek() {
		case ',':
			c.pos++
		case '}':
			c.pos++
			return nil
		default:
			return ErrSyntax
		}
	}
}

// Array goes through the elements of the array that the cursor stands before. The function must consume the element.
func (c *Cursor) Array(element func() error) error {
	if err := c.take('['); err != nil {
		return err
	}
	if c.blanks(); c.peek() == ']' {
		c.pos++
		return nil
	}
	for {
		if err := element(); err != nil {
			return err
		}
		c.blanks()
		switch c.peek() {
		case ',':
			c.pos++
		case ']':
			c.pos++
			return nil
		default:
			return ErrSyntax
		}
	}
}

// Raw consumes any value and returns its text.
func (c *Cursor) Raw() (string, error) {
	c.blanks()
	start := c.pos
	err := c.Skip()
	return c.text[start:c.pos], err
}

// Number consumes a number and returns its text.
func (c *Cursor) Number() (string, error) {
	c.blanks()
	start := c.pos
	err := c.number()
	return c.text[start:c.pos], err
}

// Bool consumes true or false.
func (c *Cursor) Bool() (bool, error) {
	if c.blanks(); c.peek() == 't' {
		return true, c.word("true")
	}
	return false, c.word("false")
}

// Null consumes null.
func (c *Cursor) Null() error {
	c.blanks()
	return c.word("null")
}

func (c *Cursor) blanks() {
	for c.pos < len(c.text) {
		switch c.text[c.pos] {
		case ' ', '\t', '\n', '\r':
			c.pos++
		default:
			return
		}
	}
}

// peek is the next byte, or 0 at the end: a byte that begins nothing.
func (c *Cursor) peek() byte {
	if c.pos < len(c.text) {
		return c.text[c.pos]
	}
	return 0
}

func (c *Cursor) take(b byte) error {
	if c.blanks(); c.peek() != b {
		return ErrSyntax
	}
	c.pos++
	return nil
}

func (c *Cursor) word(word string) error {
	if !strings.HasPrefix(c.text[c.pos:], word) {
		return ErrSyntax
	}
	c.pos += len(word)
	return nil
}

func (c *Cursor) number() error {
	if c.peek() == '-' {
		c.pos++
	}
	if c.peek() == '0' {
		c.pos++
	} else if !c.digits() {
		return ErrSyntax
	}
	if c.peek() == '.' {
		c.pos++
		if !c.digits() {
			return ErrSyntax
		}
	}
	if b := c.peek(); b == 'e' || b == 'E' {
		c.pos++
		if b := c.peek(); b == '+' || b == '-' {
			c.pos++
		}
		if !c.digits() {
			return ErrSyntax
		}
	}
	return nil
}

func (c *Cursor) digits() bool {
	start := c.pos
	for c.peek() >= '0' && c.peek() <= '9' {
		c.pos++
	}
	return c.pos > start
}
