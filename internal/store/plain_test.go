package store

import (
	"strings"
	"testing"
)

// Every byte is judged in every place of a word, and behind the last one, among bytes whose borrows and carries might reach it.
func TestPlain(t *testing.T) {
	t.Parallel()
	for b := range 256 {
		want := b >= ' ' && b < 0x7f && !strings.ContainsRune(`"'\`, rune(b))
		for length := range 20 {
			for at := range length {
				for _, beside := range []string{" ", "a", "~", "!", "]", "(", "#", "&"} {
					text := strings.Repeat(beside, at) + string([]byte{byte(b)}) + strings.Repeat(beside, length-at-1)
					if needsNoEscape(text) != want {
						t.Fatalf("%q is plain: %t", text, !want)
					}
				}
			}
		}
	}
}
