package strictjson

import "unicode/utf8"

// AppendList appends a JSON array of n elements.
func AppendList(to []byte, n int, element func(to []byte, n int) []byte) []byte {
	to = append(to, '[')
	for i := range n {
		if i > 0 {
			to = append(to, ',')
		}
		to = element(to, i)
	}
	return append(to, ']')
}

// AppendText appends a JSON string. The replacement character takes the place of invalid UTF-8.
func AppendText(to []byte, text string) []byte {
	const hex = "0123456789abcdef"
	to = append(to, '"')
	start := 0
	for i := 0; i < len(text); {
		b := text[i]
		switch {
		case b >= utf8.RuneSelf:
			r, size := utf8.DecodeRuneInString(text[i:])
			if r == utf8.RuneError && size == 1 {
				to = append(append(to, text[start:i]...), "\ufffd"...)
				start = i + 1
			}
			i += size
			continue
		case b < ' ' || b == 0x7f:
			to = append(append(to, text[start:i]...), '\\', 'u', '0', '0', hex[b>>4], hex[b&15])
			start = i + 1
		case b == '"' || b == '\\':
			to = append(append(to, text[start:i]...), '\\', b)
			start = i + 1
		}
		i++
	}
	return append(append(to, text[start:]...), '"')
}
