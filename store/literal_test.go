package store

import (
	"database/sql"
	"strings"
	"testing"

	"customer-events/store/storetest"
)

// FuzzLiteralText asks the server what it reads in our literals: the very bytes, whatever they are.
func FuzzLiteralText(f *testing.F) {
	for _, seed := range []string{"", "plain", `back\slash`, `'"`, "\x00\n\r\x1a\t", `\'`, "'); DROP TABLE units; --", "😀ÀÉ\u202e", strings.Repeat(`\`, 7) + "'"} {
		f.Add(seed)
	}
	dialect, err := newMySQL(storetest.MySQL(f))
	if err != nil {
		f.Fatal(err)
	}
	db, _, err := dialect.open(sql.OpenDB)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = db.Close() })
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ToValidUTF8(text, "\ufffd") // decoding refuses all else
		var l literals
		l.text(&text)
		var got sql.NullString
		if err := db.QueryRow("SELECT CAST(" + strings.TrimPrefix(l.String(), ",") + " AS BINARY)").Scan(&got); err != nil || got.String != text {
			t.Fatalf("%q is read as %q (%v)", text, got.String, err)
		}
	})
}
