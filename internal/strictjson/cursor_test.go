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

// read builds the tree that the cursor walks over, the way a caller would.
func read(c *Cursor) (any, error) {
	switch c.Kind() {
	case Object:
		object := map[string]any{}
		err := c.Object(func(name string) error {
			value, err := read(c)
			object[name] = value
			return err
		})
		return object, err
	case Array:
		array := []any{}
		err := c.Array(func() error {
			value, err := read(c)
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

func TestTextFaultsLeaveTheCursorBehindTheString(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"\"a\xff\"", `"\ud800"`, `"\udc00x"`, `"\ud800A"`, "\"\\n\xff\""} {
		c := New("[" + bad + ",\"next\"]")
		var got []string
		var faults int
		err := c.Array(func() error {
			value, err := c.Text()
			if errors.Is(err, ErrText) {
				faults++
				return nil
			}
			got = append(got, value)
			return err
		})
		if err != nil || faults != 1 || !reflect.DeepEqual(got, []string{"next"}) {
			t.Errorf("%q: %v, %d faults, %q", bad, err, faults, got)
		}
	}
}

func TestDepthCostsNoStack(t *testing.T) {
	t.Parallel()
	const deep = 4 << 20
	if err := New(strings.Repeat("[", deep) + strings.Repeat("]", deep)).Skip(); err != nil {
		t.Error(err)
	}
	if err := New(strings.Repeat(`{"a":`, deep)).Skip(); !errors.Is(err, ErrSyntax) {
		t.Errorf("an unfinished text: %v", err)
	}
}

// FuzzCursor holds the cursor against encoding/json: both accept the same texts and read the same values; Skip and the walk
// agree on the grammar. encoding/json replaces bad Unicode silently where the cursor reports it, and refuses huge numbers.
func FuzzCursor(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2.5e3,-0,true,false,null,"x\u00e4\ud83d\ude00\n"]}`, `[]`, `{}`, ` "a" `, `01`, `1.`, `[1,]`, `{"a"}`,
		`"\x"`, `nul`, "\"\x01\"", `"\ud800"`, `1e999`, `[[[`, `{"a":1,"a":2}`, `-`, `""`, `tru`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Count(text, "[")+strings.Count(text, "{") > 1000 {
			return // encoding/json bounds depth, the cursor does not
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
		got, err := read(walk)
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
