package strictjson

import (
	"errors"
	"strings"
	"unicode/utf8"
)

var (
	// ErrSyntax means that the text is not JSON.
	ErrSyntax = errors.New("not valid JSON")
	// ErrText means that a string is not Unicode text: it contains invalid UTF-8, or a lone surrogate.
	ErrText = errors.New("not valid Unicode text")
)

// Kind is the kind of a JSON value.
type Kind byte

// The kinds of JSON values. End is the end of the text.
const (
	End Kind = iota
	Null
	Bool
	Number
	String
	Array
	Object
)

// Cursor is a position in a JSON text. It is not safe for concurrent use.
type Cursor struct {
	text string
	pos  int
}

// New returns a cursor at the start of the text.
func New(text string) *Cursor { return &Cursor{text: text} }

// Kind returns the kind of the next value, by its first character.
func (c *Cursor) Kind() Kind {
	c.skipSpace()
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

// Offset returns the number of bytes from the start of the text to the cursor. After ErrSyntax, it is where
// the text stops being JSON; the length of the text if the text ends too early.
func (c *Cursor) Offset() int { return c.pos }

// Left returns the number of bytes from the cursor to the end of the text.
func (c *Cursor) Left() int { return len(c.text) - c.pos }

// End returns ErrSyntax unless only white space is left.
func (c *Cursor) End() error {
	if c.Kind() != End {
		return ErrSyntax
	}
	return nil
}

// Object consumes an object. It calls the function for each member, with the cursor at the member's value,
// which the function must consume. In a name that is not Unicode text, the replacement character takes the
// place of invalid parts.
func (c *Cursor) Object(member func(name string) error) error {
	if err := c.consume('{'); err != nil {
		return err
	}
	if c.skipSpace(); c.peek() == '}' {
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
		if err := c.consume(':'); err != nil {
			return err
		}
		if err := member(name); err != nil {
			return err
		}
		c.skipSpace()
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

// Array consumes an array. It calls the function for each element, which the function must consume.
func (c *Cursor) Array(element func() error) error {
	if err := c.consume('['); err != nil {
		return err
	}
	if c.skipSpace(); c.peek() == ']' {
		c.pos++
		return nil
	}
	for {
		if err := element(); err != nil {
			return err
		}
		c.skipSpace()
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
	c.skipSpace()
	start := c.pos
	err := c.Skip()
	return c.text[start:c.pos], err
}

// Number consumes a number and returns its text.
func (c *Cursor) Number() (string, error) {
	c.skipSpace()
	start := c.pos
	err := c.skipNumber()
	return c.text[start:c.pos], err
}

// Bool consumes true or false.
func (c *Cursor) Bool() (bool, error) {
	if c.skipSpace(); c.peek() == 't' {
		return true, c.consumeLiteral("true")
	}
	return false, c.consumeLiteral("false")
}

// Null consumes null.
func (c *Cursor) Null() error {
	c.skipSpace()
	return c.consumeLiteral("null")
}

func (c *Cursor) skipSpace() {
	for c.pos < len(c.text) {
		switch c.text[c.pos] {
		case ' ', '\t', '\n', '\r':
			c.pos++
		default:
			return
		}
	}
}

// peek returns the next byte, or 0 at the end. No JSON value starts with 0.
func (c *Cursor) peek() byte {
	if c.pos < len(c.text) {
		return c.text[c.pos]
	}
	return 0
}

func (c *Cursor) consume(b byte) error {
	if c.skipSpace(); c.peek() != b {
		return ErrSyntax
	}
	c.pos++
	return nil
}

func (c *Cursor) consumeLiteral(word string) error {
	for i := range len(word) {
		if c.peek() != word[i] {
			return ErrSyntax
		}
		c.pos++
	}
	return nil
}

func (c *Cursor) skipNumber() error {
	if c.peek() == '-' {
		c.pos++
	}
	if c.peek() == '0' {
		c.pos++
	} else if !c.skipDigits() {
		return ErrSyntax
	}
	if c.peek() == '.' {
		c.pos++
		if !c.skipDigits() {
			return ErrSyntax
		}
	}
	if b := c.peek(); b == 'e' || b == 'E' {
		c.pos++
		if b := c.peek(); b == '+' || b == '-' {
			c.pos++
		}
		if !c.skipDigits() {
			return ErrSyntax
		}
	}
	return nil
}

func (c *Cursor) skipDigits() bool {
	start := c.pos
	for c.peek() >= '0' && c.peek() <= '9' {
		c.pos++
	}
	return c.pos > start
}
