package strictjson

import (
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// readTree reads a value of any kind, as a caller would.
func readTree(c *Cursor) (any, error) {
	switch c.Kind() {
	case Object:
		object := map[string]any{}
		err := c.Object(func(name string) error {
			value, err := readTree(c)
			object[name] = value
			return err
		})
		return object, err
	case Array:
		array := []any{}
		err := c.Array(func() error {
			value, err := readTree(c)
			array = append(array, value)
			return err
		})
		return array, err
	case String:
		return c.Text()
	case Bool:
		return c.Bool()
	case Null:
		return nil, c.Null()
	case Number:
		text, err := c.Number()
		if err != nil {
			return nil, err
		}
		return strconv.ParseFloat(text, 64)
	default:
		return nil, ErrSyntax
	}
}

func TestText_InvalidUnicodeConsumesTheString(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"\"a\xff\"", `"\ud800"`, `"\udc00x"`, `"\ud800A"`, "\"\\n\xff\""} {
		c := New("[" + bad + ",\"next\"]")
		var got []string
		var invalid int
		err := c.Array(func() error {
			value, err := c.Text()
			if errors.Is(err, ErrText) {
				invalid++
				return nil
			}
			got = append(got, value)
			return err
		})
		if err != nil || invalid != 1 || !reflect.DeepEqual(got, []string{"next"}) {
			t.Errorf("%q: %v, %d invalid strings, %q", bad, err, invalid, got)
		}
	}
}

func TestSkip_DeepNesting(t *testing.T) {
	t.Parallel()
	const deep = 4 << 20
	if err := New(strings.Repeat("[", deep) + strings.Repeat("]", deep)).Skip(); err != nil {
		t.Error(err)
	}
	if err := New(strings.Repeat(`{"a":`, deep)).Skip(); !errors.Is(err, ErrSyntax) {
		t.Errorf("an incomplete text: %v", err)
	}
}

// FuzzCursor compares the cursor with encoding/json: both accept the same texts and read the same values,
// and Skip accepts what the other methods do. There are two differences: encoding/json silently replaces
// invalid Unicode, and rejects numbers that are too large for a float.
func FuzzCursor(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,2.5e3,-0,true,false,null,"x\u00e4\ud83d\ude00\n"]}`, `[]`, `{}`, ` "a" `,
		`01`, `1.`, `[1,]`, `{"a"}`,
		`"\x"`, `nul`, "\"\x01\"", `"\ud800"`, `1e999`, `[[[`, `{"a":1,"a":2}`, `-`, `""`, `tru`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Count(text, "[")+strings.Count(text, "{") > 1000 {
			return // encoding/json limits the depth, the cursor does not
		}
		skip := New(text)
		skipErr := skip.Skip()
		if skipErr == nil {
			skipErr = skip.End()
		}
		if valid := json.Valid([]byte(text)); valid != (skipErr == nil) {
			t.Fatalf("%q: valid for encoding/json: %v, for Skip: %v", text, valid, skipErr)
		}
		walk := New(text)
		got, err := readTree(walk)
		if err == nil {
			err = walk.End()
		}
		var want any
		if wantErr := json.Unmarshal([]byte(text), &want); wantErr != nil {
			if err == nil {
				t.Fatalf("%q: accepted, but encoding/json says %v", text, wantErr)
			}
			return
		}
		if err == nil && utf8.ValidString(text) && !reflect.DeepEqual(got, want) {
			t.Fatalf("%q: read %#v, want %#v", text, got, want)
		}
	})
}
