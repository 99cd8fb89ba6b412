package strictjson

import (
	"math/bits"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Text consumes a string and returns its value. If it returns ErrText, it has consumed the string, and the
// value is not valid or has replacement characters.
func (c *Cursor) Text() (string, error) {
	if err := c.consume('"'); err != nil {
		return "", err
	}
	start := c.pos
	i := indexSpecial(c.text, start)
	switch {
	case i == len(c.text) || c.text[i] < ' ':
		c.pos = i
		return "", ErrSyntax
	case c.text[i] == '\\':
		return c.unescapeText(start, i)
	}
	c.pos = i + 1
	value := c.text[start:i]
	if !utf8.ValidString(value) {
		return value, ErrText
	}
	return value, nil
}

// indexSpecial returns the index, from i on, of the first byte that is special in a string: a quotation
// mark, a backslash or a control character. It tests eight bytes at once. In a word, subtracting a small
// number from each byte sets the top bit of the bytes below that number; the lowest such bit is exact
// (https://graphics.stanford.edu/~seander/bithacks.html).
func indexSpecial(text string, i int) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(text); i += 8 {
		t := text[i : i+8]
		word := uint64(t[0]) | uint64(t[1])<<8 | uint64(t[2])<<16 | uint64(t[3])<<24 |
			uint64(t[4])<<32 | uint64(t[5])<<40 | uint64(t[6])<<48 | uint64(t[7])<<56
		quote, slash := word^(ones*'"'), word^(ones*'\\')
		special := ((word-ones*' ')&^word | (quote-ones)&^quote | (slash-ones)&^slash) & tops
		if special != 0 {
			return i + bits.TrailingZeros64(special)/8
		}
	}
	for i < len(text) && text[i] != '"' && text[i] != '\\' && text[i] >= ' ' {
		i++
	}
	return i
}

// unescapeText consumes a string that starts at start and has its first escape at i.
func (c *Cursor) unescapeText(start, i int) (string, error) {
	var b strings.Builder
	b.WriteString(c.text[start:i])
	var textErr error
	for i < len(c.text) {
		c.pos = i
		switch ch := c.text[i]; {
		case ch == '"':
			c.pos = i + 1
			if !utf8.ValidString(b.String()) {
				textErr = ErrText
			}
			return b.String(), textErr
		case ch < ' ':
			return "", ErrSyntax
		case ch != '\\':
			b.WriteByte(ch)
			i++
		case i+1 < len(c.text) && c.text[i+1] == 'u':
			r, ok := parseHex4(c.text, i+2)
			if !ok {
				return "", ErrSyntax
			}
			i += 6
			if utf16.IsSurrogate(r) {
				low, pair := rune(0), false
				if strings.HasPrefix(c.text[i:], `\u`) {
					low, _ = parseHex4(c.text, i+2)
				}
				if full := utf16.DecodeRune(r, low); full != utf8.RuneError {
					r, pair = full, true
					i += 6
				}
				if !pair {
					r, textErr = utf8.RuneError, ErrText
				}
			}
			b.WriteRune(r)
		default:
			if i+1 == len(c.text) {
				c.pos = len(c.text)
				return "", ErrSyntax
			}
			if escapes[c.text[i+1]] == 0 {
				return "", ErrSyntax
			}
			b.WriteByte(escapes[c.text[i+1]])
			i += 2
		}
	}
	c.pos = len(c.text)
	return "", ErrSyntax
}

// escapes maps the character after a backslash to its meaning; 0 means that there is no such escape.
var escapes = [256]byte{
	'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
}

// parseHex4 parses four hexadecimal digits.
func parseHex4(text string, at int) (r rune, ok bool) {
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
