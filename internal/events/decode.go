package events

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"customer-events/internal/strictjson"
	"customer-events/models"
)

// maxProblems bounds what is said about one event: an event of a thousand unknown fields is as wrong after the first hundred.
const maxProblems = 100

// Decoder reads events straight from JSON text into their structs. What is wrong with an event becomes faults of that event:
// decoding itself fails only if the text is not JSON, which then concerns everybody.
type Decoder struct {
	// FieldNames is the spelling of the fields, in the input and in faults.
	FieldNames FieldNames
	// Zone is where dates without a zone are read.
	Zone *time.Location
	// Hasher hashes the secrets as they are read.
	Hasher *models.KeyedHasher
}

// DecodeBatch reads an array of events; as in GraphQL, one event alone is an array of one, and null is none.
func (d *Decoder) DecodeBatch(c *strictjson.Cursor) (ReceivedEvents, error) {
	var set ReceivedEvents
	var space arena
	read := func() error {
		if set.Received++; set.Received > MaxEventsPerCall {
			return c.Skip()
		}
		before := c.Left()
		set.Events = append(set.Events, WebCustomerEventInput{})
		err := d.decodeEvent(c, &set.Events[len(set.Events)-1], &space)
		if set.Received == 1 {
			// The events of a call are alike: the first one's length tells about how many there are. Without this the slice is
			// copied ten times over, which is a tenth of all that a call allocates.
			likely := min(MaxEventsPerCall, 1+c.Left()/max(1, before-c.Left()))
			set.Events = slices.Grow(set.Events, likely+likely/16)
		}
		return err
	}
	var err error
	switch c.Kind() {
	case strictjson.Array:
		err = c.Array(read)
	case strictjson.Null:
		err = c.Null()
	default:
		err = read()
	}
	return set, err
}

// DecodeEvent reads one event.
func (d *Decoder) DecodeEvent(c *strictjson.Cursor, into *WebCustomerEventInput) error {
	return d.decodeEvent(c, into, new(arena))
}

func (d *Decoder) decodeEvent(c *strictjson.Cursor, into *WebCustomerEventInput, space *arena) error {
	r := &reader{Decoder: d, Cursor: c, in: into, arena: space}
	switch c.Kind() {
	case strictjson.Object:
	case strictjson.Null:
		r.addProblem(models.Mandatory, "The Event Is Null, An Object Is Mandatory.")
		return c.Null()
	default:
		r.addProblem(models.Invalid, "The Event Is Not An Object.")
		return c.Skip()
	}
	// faulty holds the fields that have been complained about, so that an unreadable field is not reported missing as well.
	var seen, faulty uint64
	last := 0
	err := c.Object(func(name string) error {
		i := int(space.predictedNext[last])
		known := fields[i].names[d.FieldNames] == name
		if !known {
			if i, known = fieldByName[d.FieldNames][name]; known {
				space.predictedNext[last] = uint8(i)
			}
		}
		last = i + 1
		if !known {
			r.addProblem(models.Invalid, models.Sanitize(name)+" Is Not A Field Of A Web Customer Event.", models.Sanitize(name))
			return c.Skip()
		}
		f := &fields[i]
		if seen&(1<<i) != 0 {
			faulty |= 1 << i
			r.addProblem(models.Invalid, f.names[d.FieldNames]+" Is Given Twice.", f.paths[d.FieldNames]...)
			return c.Skip()
		}
		seen |= 1 << i
		if c.Kind() == strictjson.Null {
			return c.Null()
		}
		before := len(into.Problems)
		err := f.read(r, f, into)
		if len(into.Problems) > before {
			faulty |= 1 << i
		}
		return err
	})
	if err != nil {
		return err
	}
	r.missing(seen, faulty)
	return nil
}

// reader is one event being read.
type reader struct {
	*Decoder
	*strictjson.Cursor
	in    *WebCustomerEventInput
	arena *arena
}

func (r *reader) addProblem(code models.Code, what string, path ...string) {
	if len(r.in.Problems) < maxProblems {
		r.in.Problems = append(r.in.Problems, models.Problem{Code: code, Path: path, Detail: what})
	}
}

func (r *reader) mandatory(path ...string) {
	r.addProblem(models.Mandatory, path[len(path)-1]+" Is Mandatory And Must Not Be Blank.", path...)
}

func (r *reader) invalid(value, remedy string, path ...string) {
	r.addProblem(models.Invalid, path[len(path)-1]+" ("+models.Sanitize(value)+") Is Not Valid: "+remedy+".", path...)
}

// missing reports the mandatory fields that were left out, and the customer, who is one of two.
func (r *reader) missing(seen, faulty uint64) {
	in := r.in
	for i := range fields {
		if f := &fields[i]; f.mandatory && faulty&(1<<i) == 0 && !f.given(in) {
			r.mandatory(f.names[r.FieldNames])
		}
	}
	const account, participant = 1, 2 // their places in fields
	if !in.Customer.Given && faulty&(1<<account|1<<participant) == 0 {
		a, p := fields[account].names[r.FieldNames], fields[participant].names[r.FieldNames]
		r.addProblem(models.Mandatory, a+" Or "+p+" Is Mandatory: give exactly one of them.", a)
	}
}

// wrongType consumes a value of the wrong JSON type and complains. Objects and arrays are not repeated: they may hold secrets.
func (r *reader) wrongType(want string, path ...string) error {
	kind := r.Kind()
	raw, err := r.Raw()
	if err != nil {
		return err
	}
	if kind == strictjson.Object || kind == strictjson.Array {
		raw = map[strictjson.Kind]string{strictjson.Object: "{…}", strictjson.Array: "[…]"}[kind]
	}
	r.invalid(raw, want, path...)
	return nil
}

// text reads a text of at most so many characters. ok is false if it has been complained about; the value is then still
// what the caller wrote, or empty if that is no text. A secret is never shown.
func (r *reader) text(most int, secret bool, path ...string) (value string, ok bool, err error) {
	const anything = "write a text in quotation marks"
	if r.Kind() != strictjson.String {
		if secret {
			r.addProblem(models.Invalid, path[len(path)-1]+" Is Not Valid: "+anything+".", path...)
			return "", false, r.Skip()
		}
		return "", false, r.wrongType(anything, path...)
	}
	value, err = r.Text()
	shown, remedy := value, ""
	switch {
	case errors.Is(err, strictjson.ErrText):
		remedy = "it is not Unicode text, write UTF-8 without lone surrogates"
		shown, value = strings.ToValidUTF8(value, "\ufffd"), ""
	case err != nil:
		return "", false, err
	case len(value) > most && utf8.RuneCountInString(value) > most:
		remedy = "at most " + strconv.Itoa(most) + " characters are kept"
	case controls(value):
		remedy = "it holds control characters, only tabs and line ends are kept"
	}
	if remedy != "" {
		if secret {
			r.addProblem(models.Invalid, path[len(path)-1]+" Is Not Valid: "+remedy+".", path...)
		} else {
			r.invalid(shown, remedy, path...)
		}
		return value, false, nil
	}
	return value, true, nil
}

// controls reports whether a text holds control characters besides tab, line feed and carriage return. They are refused: a
// NUL ends the text for half the programs that would read it.
func controls(value string) bool {
	for i := 0; i < len(value); i++ {
		switch b := value[i]; {
		case b < ' ' && b != '\t' && b != '\n' && b != '\r', b == 0x7f:
			return true
		case b == 0xc2 && i+1 < len(value) && value[i+1] < 0xa0: // U+0080 to U+009F
			return true
		}
	}
	return false
}

func blank(value string) bool { return strings.TrimSpace(value) == "" }
