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

// maxProblems limits the problems of one event. An event with a thousand unknown fields needs no more than a
// hundred.
const maxProblems = 100

// Decoder reads events from JSON text directly into their structs. An error in an event becomes a problem of
// that event. Decoding as a whole fails only if the text is not JSON.
type Decoder struct {
	// FieldNames is the spelling of the fields, in the input and in problems.
	FieldNames FieldNames
	// Zone is the time zone of dates without one.
	Zone *time.Location
	// Hasher hashes the secrets while they are read.
	Hasher *models.KeyedHasher
}

// DecodeBatch reads an array of events. As in GraphQL, a single event counts as an array of one, and null as
// an empty array.
func (d *Decoder) DecodeBatch(c *strictjson.Cursor) (ReceivedEvents, error) {
	var batch ReceivedEvents
	var values arena
	decodeNext := func() error {
		if batch.Received++; batch.Received > MaxEventsPerCall {
			return c.Skip()
		}
		before := c.Left()
		batch.Events = append(batch.Events, WebCustomerEventInput{})
		err := d.decodeEvent(c, &batch.Events[len(batch.Events)-1], &values)
		if batch.Received == 1 {
			// The events of a call are usually alike, so the length of the first gives an estimate of their
			// number. Without it, append would copy the slice ten times, a tenth of all allocations of a
			// call.
			likely := min(MaxEventsPerCall, 1+c.Left()/max(1, before-c.Left()))
			batch.Events = slices.Grow(batch.Events, likely+likely/16)
		}
		return err
	}
	var err error
	switch c.Kind() {
	case strictjson.Array:
		err = c.Array(decodeNext)
	case strictjson.Null:
		err = c.Null()
	default:
		err = decodeNext()
	}
	return batch, err
}

// DecodeEvent reads one event.
func (d *Decoder) DecodeEvent(c *strictjson.Cursor, into *WebCustomerEventInput) error {
	return d.decodeEvent(c, into, new(arena))
}

func (d *Decoder) decodeEvent(c *strictjson.Cursor, into *WebCustomerEventInput, values *arena) error {
	r := &reader{Decoder: d, Cursor: c, in: into, arena: values}
	switch c.Kind() {
	case strictjson.Object:
	case strictjson.Null:
		r.addProblem(models.Mandatory, "The Event Is Null, An Object Is Mandatory.")
		return c.Null()
	default:
		r.addProblem(models.Invalid, "The Event Is Not An Object.")
		return c.Skip()
	}
	// seen and faulty are sets of fields. A faulty field has a problem already, so it is not reported as
	// missing too.
	var seen, faulty uint64
	last := 0
	err := c.Object(func(name string) error {
		i := int(values.predictedNext[last])
		known := fields[i].names[d.FieldNames] == name
		if !known {
			if i, known = fieldByName[d.FieldNames][name]; known {
				values.predictedNext[last] = uint8(i)
			}
		}
		last = i + 1
		if !known {
			if r.isAbsent() {
				return c.Null()
			}
			shown := models.Sanitize(name)
			r.addProblem(models.Invalid, shown+" Is Not A Field Of A Web Customer Event.", shown)
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
	r.addMissing(seen, faulty)
	return nil
}

// reader decodes one event.
type reader struct {
	*Decoder
	*strictjson.Cursor
	in    *WebCustomerEventInput
	arena *arena
}

// isAbsent reports whether the value of an unknown member counts as absent: null in the Web API, whose
// serialisers write members of other versions too. GraphQL has no unknown fields, null or not.
func (r *reader) isAbsent() bool { return r.FieldNames == SnakeCase && r.Kind() == strictjson.Null }

func (r *reader) addProblem(code models.Code, detail string, path ...string) {
	if len(r.in.Problems) < maxProblems {
		r.in.Problems = append(r.in.Problems, models.Problem{Code: code, Path: path, Detail: detail})
	}
}

func (r *reader) addMandatory(path ...string) {
	r.addProblem(models.Mandatory, path[len(path)-1]+" Is Mandatory And Must Not Be Blank.", path...)
}

func (r *reader) addInvalid(value, remedy string, path ...string) {
	name := path[len(path)-1]
	r.addProblem(models.Invalid, name+" ("+models.Sanitize(value)+") Is Not Valid: "+remedy+".", path...)
}

// addMissing adds a problem for each mandatory field that is missing. The customer is one of two fields.
func (r *reader) addMissing(seen, faulty uint64) {
	in := r.in
	for i := range fields {
		if f := &fields[i]; f.mandatory && faulty&(1<<i) == 0 && !f.given(in) {
			r.addMandatory(f.names[r.FieldNames])
		}
	}
	const account, participant = 1, 2 // their places in fields
	if !in.Customer.Given && faulty&(1<<account|1<<participant) == 0 {
		a, p := fields[account].names[r.FieldNames], fields[participant].names[r.FieldNames]
		r.addProblem(models.Mandatory, a+" Or "+p+" Is Mandatory: give exactly one of them.", a)
	}
}

// wrongType consumes a value of the wrong JSON type and adds a problem. It does not repeat objects and
// arrays, because they may contain secrets.
func (r *reader) wrongType(want string, path ...string) error {
	kind := r.Kind()
	raw, err := r.Raw()
	if err != nil {
		return err
	}
	if kind == strictjson.Object || kind == strictjson.Array {
		raw = map[strictjson.Kind]string{strictjson.Object: "{…}", strictjson.Array: "[…]"}[kind]
	}
	r.addInvalid(raw, want, path...)
	return nil
}

// readString reads a text of at most maxLength characters. ok is false if it has added a problem. The value
// is then still what the caller sent, or empty if that is not a text. Problems never contain a secret.
func (r *reader) readString(maxLength int, secret bool, path ...string) (value string, ok bool, err error) {
	const wantText = "write a text in quotation marks"
	if r.Kind() != strictjson.String {
		if secret {
			r.addProblem(models.Invalid, path[len(path)-1]+" Is Not Valid: "+wantText+".", path...)
			return "", false, r.Skip()
		}
		return "", false, r.wrongType(wantText, path...)
	}
	value, err = r.Text()
	shown, remedy := value, ""
	switch {
	case errors.Is(err, strictjson.ErrText):
		remedy = "it is not Unicode text, write UTF-8 without lone surrogates"
		shown, value = strings.ToValidUTF8(value, "\ufffd"), ""
	case err != nil:
		return "", false, err
	case len(value) > maxLength && utf8.RuneCountInString(value) > maxLength:
		remedy = "at most " + strconv.Itoa(maxLength) + " characters are allowed"
	case hasControlCharacters(value):
		remedy = "it contains control characters, only tabs and line ends are allowed"
	}
	if remedy != "" {
		if secret {
			r.addProblem(models.Invalid, path[len(path)-1]+" Is Not Valid: "+remedy+".", path...)
		} else {
			r.addInvalid(shown, remedy, path...)
		}
		return value, false, nil
	}
	return value, true, nil
}

// hasControlCharacters reports whether a text contains control characters other than tab, line feed and
// carriage return. They are rejected, because many programs that read the text would take a NUL for its end.
func hasControlCharacters(value string) bool {
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

func isBlank(value string) bool { return strings.TrimSpace(value) == "" }
