package sender

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"customer-events/graph/generated"
)

// The columns are the fields of the schema's input, and for identifiers the paths to their fields. The
// columns with numbers are the fields of type Float.
func TestColumns_MatchSchema(t *testing.T) {
	t.Parallel()
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	var want []string
	var walk func(path, of string)
	walk = func(path, of string) {
		definition := schema.Types[of]
		if len(definition.Fields) == 0 {
			want = append(want, path)
			if number := of == "Float"; number != strings.HasPrefix(path, floatPrefix) {
				t.Errorf("%s is a %s", path, of)
			}
			return
		}
		for _, field := range definition.Fields {
			walk(strings.TrimPrefix(path+"."+field.Name, "."), field.Type.Name())
		}
	}
	walk("", "WebCustomerEventInput")
	got := slices.Clone(columns)
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-schema +columns):\n%s", diff)
	}
}

func TestCSVEvents(t *testing.T) {
	t.Parallel()
	const unit, code, password = "performedByUnitIdentifier.name",
		"rewardsParticipantIdentifier.accessTokenIdentifier.credentials.passCode",
		"rewardsParticipantIdentifier.accessTokenIdentifier.oneTimePassword"
	for name, c := range map[string]struct{ csv, want string }{
		"nested": {
			unit + "," + code + "," + password + "\nA,47,01\n,,01\n,,\n",
			`2 {"performedByUnitIdentifier":{"name":"A"},"rewardsParticipantIdentifier":` +
				`{"accessTokenIdentifier":{"credentials":{"passCode":"47"},"oneTimePassword":"01"}}}|` +
				`3 {"rewardsParticipantIdentifier":` +
				`{"accessTokenIdentifier":{"oneTimePassword":"01"}}}|4 {}|`,
		},
		"separate": {
			unit + ",website,performedByUnitIdentifier.id\nA,b,c\n",
			`2 {"performedByUnitIdentifier":{"name":"A","id":"c"},"website":"b"}|`,
		},
		"numbers": {
			"udfFloat1,udfString1\n 1.50 ,2\n-1e3,\n0x1,\n.5,\nNaN,\n1 2,\n",
			`2 {"udfFloat1":1.50,"udfString1":"2"}|3 {"udfFloat1":-1e3}|4 {"udfFloat1":"0x1"}|` +
				`5 {"udfFloat1":".5"}|6 {"udfFloat1":"NaN"}|7 {"udfFloat1":"1 2"}|`,
		},
		"texts": {
			"website,description\n\"a\"\"b\",\"c\nd\"\n \\,\u20ac\n",
			`2 {"website":"a\"b","description":"c\u000ad"}|4 {"website":" \\","description":"` + "\u20ac" +
				`"}|`,
		},
		"no UTF-8": {
			"website,description\na,\xff\nb,c\n",
			`2 !it is not UTF-8: save the file in that encoding|3 {"website":"b","description":"c"}|`,
		},
		"too long": {
			"website,description\na," + strings.Repeat("x", maxEventBytes) + "\nb,c\n",
			`2 !it has more than 262144 bytes: the texts of an event may not be so long|` +
				`3 {"website":"b","description":"c"}|`,
		},
		"of a file of rejected events": {
			"website,error,line\na,Not Found,7\nb,,\n", `2 {"website":"a"}|3 {"website":"b"}|`,
		},
		"columns without a name": {
			"website,,description,\na,,b,\nc,d,,\n", `2 {"website":"a","description":"b"}|` +
				`3 !it has a value in column 2, which has no name|`,
		},
		"semicolons": {"website;udfFloat1\na,b;1.5\n", `2 {"website":"a,b","udfFloat1":1.5}|`},
		"too short": {
			"website,description\na\nb,c\n",
			`2 !it has 1 fields and the header line 2: write as many|3 {"website":"b","description":"c"}|`,
		},
	} {
		events, err := newCSVEvents(strings.NewReader(c.csv))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got strings.Builder
		for {
			row, err := events.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if row.fault != nil {
				row.event = []byte("!" + row.fault.Error())
			}
			fmt.Fprintf(&got, "%d %s|", row.line, row.event)
		}
		if diff := cmp.Diff(c.want, got.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
