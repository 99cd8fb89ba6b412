package store

import (
	"database/sql"
	"strings"
	"testing"
	"time"

	"customer-events/internal/store/storetest"
)

// FuzzLiteralText lets the server evaluate literals: it must return the same bytes.
func FuzzLiteralText(f *testing.F) {
	for _, seed := range []string{
		"",
		"plain",
		`back\slash`,
		`'"`,
		"\x00\n\r\x1a\t",
		`\'`,
		"'); DROP TABLE units; --",
		"😀ÀÉ\u202e",
		strings.Repeat(`\`, 7) + "'",
	} {
		f.Add(seed)
	}
	dialect, err := newMySQL(storetest.MySQL(f))
	if err != nil {
		f.Fatal(err)
	}
	pools, err := dialect.open(sql.OpenDB)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = pools.close() })
	db := pools.write
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ToValidUTF8(text, "\ufffd") // the decoder rejects anything else
		var l insertBuilder
		l.text(&text)
		var got sql.NullString
		query := "SELECT CAST(" + strings.TrimPrefix(l.String(), ",") + " AS BINARY)"
		if err := db.QueryRow(query).Scan(&got); err != nil || got.String != text {
			t.Fatalf("%q is read as %q (%v)", text, got.String, err)
		}
	})
}

func TestLiteralTime(t *testing.T) {
	t.Parallel()
	for _, at := range []time.Time{
		time.Date(2026, 11, 23, 4, 5, 6, 0, time.UTC),
		time.Date(2026, 1, 2, 23, 59, 59, 999_999_000, time.UTC),
		time.Date(1000, 12, 31, 0, 0, 0, 1_000, time.UTC),
		time.Date(9999, 12, 31, 23, 0, 0, 120_000_000, time.FixedZone("", 3600)),
	} {
		var l insertBuilder
		l.time(&at)
		want := at.UTC().Format(",'2006-01-02 15:04:05.000000'")
		if got := l.String(); got != want && got != strings.Replace(want, ".000000", "", 1) {
			t.Errorf("%s is written %s", at, got)
		}
	}
}

// TestNeedsNoEscape tests every byte at every position of a word and after the last word, next to bytes
// whose borrows and carries could reach it.
func TestNeedsNoEscape(t *testing.T) {
	t.Parallel()
	for b := range 256 {
		want := b >= ' ' && b < 0x7f && !strings.ContainsRune(`"'\`, rune(b))
		for length := range 20 {
			for at := range length {
				for _, neighbour := range []string{" ", "a", "~", "!", "]", "(", "#", "&"} {
					text := strings.Repeat(neighbour, at) + string([]byte{byte(b)}) +
						strings.Repeat(neighbour, length-at-1)
					if needsNoEscape(text) != want {
						t.Fatalf("%q needs no escape: %t", text, !want)
					}
				}
			}
		}
	}
}
