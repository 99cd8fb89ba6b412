package importer_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"customer-events/internal/importer"
)

// TestExport_ImportedAgain exports every kind. It imports the file again, which must change nothing, and
// into another database, which must then export the same file.
func TestExport_ImportedAgain(t *testing.T) {
	t.Parallel()
	data := map[string]string{
		accounts:     "number,name,id\nACR1,\"Doe, \"\"J\"\"\",a1\n ACR2, Ann ,\nÀ;3,ßx,\n",
		participants: "number,account_number\nRP1,ACR1\nRP2,À;3\n",
		tokens: tokenHeader + "AT1,RP1,EFFECTIVE,CANARYcode,CANARYidentifier,CANARYpass,8675309," +
			"2030-01-01T00:00:00\n" +
			"AT2,RP2,NOT_EFFECTIVE,CANARY2,,,,\nAT3,RP2,EFFECTIVE,,,,8675310,\n",
		classes: "id,name,alternative_code,type\nc1,A,x,WEB\n,B,,PURCHASE\n",
		units:   "id,name,alternative_code\n1,Admin Unit,adminunit\n,Web Shop,\n",
	}
	onEach(t, func(t *testing.T, to database) {
		other := openSQLite(t)
		for _, kind := range importer.Kinds() {
			to.mustLoad(t, kind, data[kind])
			const secrets = "SELECT authentication_code_hash, identifier, pass_code_hash, " +
				"one_time_password_hash, one_time_password_expires_at FROM access_tokens ORDER BY number"
			before, text := to.exact(t, secrets), exported(t, to, kind)
			if strings.Contains(text, "CANARY") || strings.Contains(text, "8675") {
				t.Errorf("%s: the export has a secret:\n%s", kind, text)
			}
			if rows := strings.Count(data[kind], "\n"); strings.Count(text, "\n") != rows {
				t.Errorf("%s: not %d lines:\n%s", kind, rows, text)
			}
			if result, report := to.load(t, kind, text); result.Unchanged != result.Rows ||
				result.Rows == 0 {
				t.Errorf("%s: %s %s\n%s", kind, result, report, text)
			}
			if after := to.exact(t, secrets); fmt.Sprint(before) != fmt.Sprint(after) {
				t.Errorf("%s: the import has changed secrets", kind)
			}
			other.mustLoad(t, kind, text)
			if again := exported(t, other, kind); again != text {
				t.Errorf("%s of the other database:\n%s\nnot:\n%s", kind, again, text)
			}
		}
	})
}

func exported(t *testing.T, from database, kind string) string {
	t.Helper()
	var text strings.Builder
	if err := importer.Export(t.Context(), kind, from.store, &text); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// TestExport_Pages exports an empty table, more records than fit into a page, and to a writer that fails.
func TestExport_Pages(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, to database) {
		if got := exported(t, to, accounts); got != "id,number,name\n" {
			t.Errorf("of nothing: %q", got)
		}
		for _, rows := range []int{1000, 2500} {
			to.mustLoad(t, accounts, many(rows, 9999))
			text := exported(t, to, accounts)
			for i := range rows {
				if !strings.Contains(text, fmt.Sprintf(",A%d,x\n", i)) {
					t.Fatalf("%d rows: A%d is missing", rows, i)
				}
			}
			if n := strings.Count(text, "\n"); n != rows+1 {
				t.Errorf("%d rows: %d lines", rows, n)
			}
		}
		reader, writer := io.Pipe()
		broken := errors.New("no reader")
		_ = reader.CloseWithError(broken)
		if err := importer.Export(t.Context(), accounts, to.store, writer); !errors.Is(err, broken) {
			t.Error(err)
		}
	})
}
