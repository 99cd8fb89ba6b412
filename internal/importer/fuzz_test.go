package importer

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"customer-events/internal/tabular"
)

// FuzzRows reads any bytes as rows of access tokens. Reading ends, line numbers ascend, an accepted row can
// be stored, no error text contains a secret, and an accepted row has the same values when it is written and
// read in either format.
func FuzzRows(f *testing.F) {
	const header = "number,participant_number,state,authentication_code,identifier,pass_code," +
		"one_time_password,one_time_password_expires_at\n"
	for _, seed := range []string{
		header + "AT1,RP1,EFFECTIVE,zqzq,m,zqzq,073482,2016-06-22T15:00:00\n,,,,,,,\n" +
			"AT2,RP1,EFFECTIVE,\"zq\"zq,,,,\n",
		"\ufeffstate,number,participant_number\r\nEFFECTIVE,\"a\"\"b\",c\r\n\"x\ny\",,\n\"",
		"number,participant_number,state,one_time_password\nA,B,EFFECTIVE,zqzq\nA,B,EFFECTIVE,\xff\n",
		`{"number":"AT1","participant_number":"RP1","state":"EFFECTIVE","one_time_password":7}` + "\n" +
			`{"zqzq":1}` + "\n\n" + `{"pass_code":"zqzq`,
		`{"number":"\ud800","number":null}{}`, "[", "{", "", "\n\n", strings.Repeat("x", 70000),
	} {
		f.Add([]byte(seed))
	}
	kind, err := kindOf("access-tokens")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		for _, name := range []string{"x", "x.csv", "x.ndjson"} {
			line := 0
			for _, row := range readAll(t, kind, name, bytes.NewReader(file)) {
				if row.line <= line {
					t.Fatalf("line %d after %d", row.line, line)
				}
				line = row.line
				if row.err != nil {
					continue
				}
				if len(row.values) != len(kind.columns) {
					t.Fatalf("%d values", len(row.values))
				}
				for i, value := range row.values {
					if !utf8.ValidString(value) || utf8.RuneCountInString(value) > 255 ||
						strings.ContainsAny(value, "\r\n\x00") || value == "" && kind.columns[i].mandatory {
						t.Fatalf("%s (%q) is accepted", kind.columns[i].name, value)
					}
				}
				for _, again := range []string{"y.csv", "y.ndjson"} {
					rows := readAll(t, kind, again, encode(t, kind, again, row.values))
					if len(rows) != 1 || rows[0].err != nil || !slices.Equal(rows[0].values, row.values) {
						t.Fatalf("%q became %+v in %s", row.values, rows, again)
					}
				}
			}
		}
	})
}

func readAll(t *testing.T, kind *kind, name string, file io.Reader) (all []*row) {
	t.Helper()
	reader, err := readRows(&tabular.Source{Name: name, Input: file}, kind)
	if err != nil {
		return nil
	}
	for {
		row := new(row)
		if err := reader.read(row); err != nil {
			if err != io.EOF && !errors.Is(err, tabular.ErrTooLong) {
				t.Fatal(err)
			}
			return all
		}
		if row.err == nil {
			row.err = kind.checkRow(row)
		}
		for i, value := range row.values {
			if kind.columns[i].secret && strings.Contains(value, "zqzq") && row.err != nil &&
				strings.Contains(row.err.Error(), "zqzq") {
				inOther := false // a column that is not secret may have the same text
				for j, other := range row.values {
					inOther = inOther || !kind.columns[j].secret && strings.Contains(other, "zqzq")
				}
				if !inOther {
					t.Fatalf("a secret is shown: %v", row.err)
				}
			}
		}
		all = append(all, row)
	}
}

// encode writes one row as a file.
func encode(t *testing.T, kind *kind, name string, values []string) io.Reader {
	t.Helper()
	var file bytes.Buffer
	object, names := map[string]string{}, make([]string, len(values))
	for i, column := range kind.columns {
		names[i], object[column.name] = column.name, values[i]
	}
	var err error
	if strings.HasSuffix(name, ".csv") {
		err = csv.NewWriter(&file).WriteAll([][]string{names, values})
	} else {
		err = json.NewEncoder(&file).Encode(object)
	}
	if err != nil {
		t.Fatal(err)
	}
	return &file
}
