package strictjson

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Text consumes a string and returns its value. With ErrText the string has been consumed and the value is what could be
// made of it.
func (c *Cursor) Text() (string, error) {
	if err := c.take('"'); err != nil {
		return "", err
	}
	start, seen := c.pos, byte(0)
	for i := start; i < len(c.text); i++ {
		b := c.text[i]
		switch {
		case b == '"':
			c.pos = i + 1
			value := c.text[start:i]
			if seen >= utf8.RuneSelf && !utf8.ValidString(value) {
				return value, ErrText
			}
			return value, nil
		case b == '\\':
			return c.escaped(start, i)
		case b < ' ':
			return "", ErrSyntax
		}
		seen |= b
	}
	return "", ErrSyntax
}

// escaped reads a string from start on that has its first escape at i.
func (c *Cursor) escaped(start, i int) (string, error) {
	var b strings.Builder
	b.WriteString(c.text[start:i])
	var fault error
	for i < len(c.text) {
		switch ch := c.text[i]; {
		case ch == '"':
			c.pos = i + 1
			if !utf8.ValidString(b.String()) {
				fault = ErrText
			}
			return b.String(), fault
		case ch < ' ':
			return "", ErrSyntax
		case ch != '\\':
			b.WriteByte(ch)
			i++
		case i+1 < len(c.text) && c.text[i+1] == 'u':
			r, ok := hex4(c.text, i+2)
			if !ok {
				return "", ErrSyntax
			}
			i += 6
			if utf16.IsSurrogate(r) {
				low, pair := rune(0), false
				if strings.HasPrefix(c.text[i:], `\u`) {
					low, _ = hex4(c.text, i+2)
				}
				if full := utf16.DecodeRune(r, low); full != utf8.RuneError {
					r, pair = full, true
					i += 6
				}
				if !pair {
					r, fault = utf8.RuneError, ErrText
				}
			}
			b.WriteRune(r)
		default:
			if i+1 == len(c.text) || unescape[c.text[i+1]] == 0 {
				return "", ErrSyntax
			}
			b.WriteByte(unescape[c.text[i+1]])
			i += 2
		}
	}
	return "", ErrSyntax
}

var unescape = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func hex4(text string, at int) (r rune, ok bool) {
	if at+4 > len(text) {
		return 0, false
	}
	for _, b := range []byte(text[at : at+4]) {
		switch {
		case b >= '0' && b <= '9':
			r = r<<4 | rune(b-'0')
		case b >= 'a' && b <= 'f':
			r = r<<4 | rune(b-'a'+10)
		case b >= 'A' && b <= 'F':
			r = r<<4 | rune(b-'A'+10)
		default:
			return 0, false
		}
	}
	return r, true
}
