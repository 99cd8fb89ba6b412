package tabular

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// After a quotation mark that is not closed, each line is a row of its own, wherever the next mark is.
func TestRecords_UnclosedQuote(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ rows, want string }{
		"to the end":              {"a,\"b\nc,d\ne,f\n", `2!a,"b|3=c,d|4=e,f|`},
		"to the end, no line end": {"a,\"b\nc,d", `2!a,"b|3=c,d|`},
		"to a quoted field":       {"a,\"b\nc,d\ne,\"f\"\n", `2!a,"b|3=c,d|4=e,f|`},
		"to an empty field":       {"a,\"b\nc,\"\"\ne,f\n", `2!a,"b|3=c,|4=e,f|`},
		"to a field with a comma": {"a,\"b\nc,\", d\"\n", `2!a,"b|3=c,, d|`},
		"to another stray mark":   {"a,b,\"c\nd,e\nf,g\"\n", `2!a,b,"c|3=d,e|4!f,g"|`},
		"in the last line":        {"a,b\nc,\"d\n", `2=a,b|3!c,"d|`},
		"a cell of two lines":     {"a,\"b\nc\"\nd,e\n", "2=a,b\nc|4=d,e|"},
		"such a cell too many":    {"a,\"b\nc\",d,g\ne,f\n", "2!a,\"b\nc\",d,g|4=e,f|"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			records, err := NewRecords(strings.NewReader("x,y\n"+c.rows), 1000)
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			for {
				line, record, fault, err := records.Next()
				if err == io.EOF {
					break
				}
				switch {
				case err != nil:
					t.Fatal(err)
				case fault != nil:
					fmt.Fprintf(&got, "%d!%s|", line, strings.TrimSuffix(string(records.Text()), "\n"))
				default:
					fmt.Fprintf(&got, "%d=%s|", line, strings.Join(record, ","))
				}
			}
			if diff := cmp.Diff(c.want, got.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestRecords_Split(t *testing.T) {
	t.Parallel()
	records, err := NewRecords(strings.NewReader("x;y\n"), 1000)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string][]string{
		"a;b\r\n":          {"a", "b"},
		"a;\"b\"\"c\nd\";": {"a", "b\"c\nd", ""},
		"a;\"b;c\r\n":      {"a", "\"b", "c"},
		"a;b\"c\"\n":       {"a", "b\"c\""},
		"\n":               nil,
	} {
		if diff := cmp.Diff(want, records.Split([]byte(text))); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}
