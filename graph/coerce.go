package graph

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"customer-events/graph/model"
	"customer-events/internal/events"
	"customer-events/internal/strictjson"
	"customer-events/models"
)

// coercion turns the JSON text of a request's variables into the values that an operation's variables have, by GraphQL's rules,
// which it keeps more strictly than the library's own: a number is no String, "NaN" is no Float, @oneOf holds inside variables
// too, and every fault is reported. Wherever the types allow a WebCustomerEventInput, the rules stop: the event is read by its own
// decoder, which never fails, so that what is wrong with it stays with it.
type coercion struct {
	schema  *ast.Schema
	decoder *events.Decoder
	cursor  *strictjson.Cursor
	errs    gqlerror.List
	// received is how many events the sets in the variables have.
	received int
}

// maxDecoded is how many events of one request's variables are decoded before the rest is only counted. A field that
// is skipped may leave a variable unused, so there may be more events than a request may send; but with a variable for
// every field of a document, 8 MiB of unknown fields would become 300 MB of problems.
const maxDecoded = 4 * events.MaxEventsPerCall

// variables coerces. raw is the JSON text of the variables, or empty.
func (h *handler) variables(operation *ast.OperationDefinition, raw string) (map[string]any, gqlerror.List) {
	c := &coercion{schema: h.schema, decoder: h.Decoder, cursor: strictjson.New(raw)}
	values := make(map[string]any, len(operation.VariableDefinitions))
	seen := make(map[string]bool)
	if kind := c.cursor.Kind(); kind == strictjson.Object {
		err := c.cursor.Object(func(name string) error {
			definition := operation.VariableDefinitions.ForName(name)
			switch {
			case seen[name]:
				c.addError(ast.Path{ast.PathName("variable"), ast.PathName(name)}, "is given twice")
				return c.cursor.Skip()
			case definition == nil:
				return c.cursor.Skip() // as the specification has it
			}
			seen[name] = true
			value, err := c.value(definition.Type, ast.Path{ast.PathName("variable"), ast.PathName(name)})
			values[name] = value
			return err
		})
		if err != nil {
			return nil, asList(newError(badRequest, "the variables are not valid JSON"))
		}
	} else if kind != strictjson.Null && kind != strictjson.End {
		return nil, asList(newError(badRequest, "variables must be an object"))
	}
	for _, definition := range operation.VariableDefinitions {
		switch {
		case seen[definition.Variable]:
		case definition.DefaultValue != nil:
			value, err := definition.DefaultValue.Value(nil)
			if err != nil {
				c.addError(ast.Path{ast.PathName("variable"), ast.PathName(definition.Variable)}, "has a default that is out of range")
			}
			values[definition.Variable] = value
		case definition.Type.NonNull:
			c.addError(ast.Path{ast.PathName("variable"), ast.PathName(definition.Variable)}, "must be given")
		}
	}
	return values, c.errs
}

func (c *coercion) addError(path ast.Path, format string, args ...any) {
	if len(c.errs) < maxErrors {
		c.errs = append(c.errs, toGraphQL(newError(validationFailed, "%s %s", path, fmt.Sprintf(format, args...)), path, nil))
	}
}

// value consumes one value of the given type. The error is one of JSON's grammar; faults are collected.
func (c *coercion) value(t *ast.Type, path ast.Path) (any, error) {
	switch {
	case t.NamedType == model.EventType:
		event := new(events.WebCustomerEventInput)
		return event, c.decoder.DecodeEvent(c.cursor, event)
	case c.cursor.Kind() == strictjson.Null:
		if t.NonNull {
			c.addError(path, "must not be null")
		}
		return nil, c.cursor.Null()
	case t.Elem != nil && t.Elem.NamedType == model.EventType:
		return c.set()
	case t.Elem != nil:
		return c.list(t.Elem, path)
	}
	definition := c.schema.Types[t.NamedType]
	switch definition.Kind {
	case ast.InputObject:
		return c.object(definition, path)
	case ast.Enum:
		return c.enum(definition, path)
	default:
		return c.scalar(definition.Name, path)
	}
}

// set decodes a set of events. Once there are too many, it counts them only: the set is then shorter than Sent says.
func (c *coercion) set() (set events.ReceivedEvents, err error) {
	switch {
	case c.received < maxDecoded:
		set, err = c.decoder.DecodeBatch(c.cursor)
	case c.cursor.Kind() == strictjson.Array:
		err = c.cursor.Array(func() error {
			set.Received++
			return c.cursor.Skip()
		})
	default:
		set.Received, err = 1, c.cursor.Skip()
	}
	c.received += set.Received
	return set, err
}

func (c *coercion) list(elem *ast.Type, path ast.Path) (any, error) {
	values := []any{}
	read := func() error {
		value, err := c.value(elem, appendPath(path, ast.PathIndex(len(values))))
		values = append(values, value)
		return err
	}
	if c.cursor.Kind() != strictjson.Array {
		return values, read() // one alone is a list of one
	}
	return values, c.cursor.Array(read)
}

func (c *coercion) object(definition *ast.Definition, path ast.Path) (any, error) {
	if c.cursor.Kind() != strictjson.Object {
		c.addError(path, "must be an object")
		return nil, c.cursor.Skip()
	}
	oneOf := definition.Directives.ForName("oneOf") != nil
	values, given, null := map[string]any{}, map[string]bool{}, false
	err := c.cursor.Object(func(name string) error {
		field := definition.Fields.ForName(name)
		switch {
		case field == nil:
			c.addError(path, "has a field (%s) that %s does not have", models.Sanitize(name), definition.Name)
			return c.cursor.Skip()
		case given[name]:
			c.addError(appendPath(path, ast.PathName(name)), "is given twice")
			return c.cursor.Skip()
		}
		given[name] = true
		null = null || c.cursor.Kind() == strictjson.Null
		value, err := c.value(field.Type, appendPath(path, ast.PathName(name)))
		values[name] = value
		return err
	})
	if oneOf && (len(given) != 1 || null) {
		c.addError(path, "must have exactly one field, and that not null")
	}
	for _, field := range definition.Fields {
		switch {
		case given[field.Name]:
		case field.DefaultValue != nil:
			values[field.Name], _ = field.DefaultValue.Value(nil) // the schema is ours
		case field.Type.NonNull:
			c.addError(appendPath(path, ast.PathName(field.Name)), "must be given")
		}
	}
	return values, err
}

func (c *coercion) enum(definition *ast.Definition, path ast.Path) (any, error) {
	text, err := c.text(path)
	if name, ok := text.(string); ok && definition.EnumValues.ForName(name) == nil {
		c.addError(path, "must be a value of %s", definition.Name)
	}
	return text, err
}

func (c *coercion) scalar(name string, path ast.Path) (any, error) {
	kind := c.cursor.Kind()
	switch {
	case name == "Boolean":
		if kind != strictjson.Bool {
			c.addError(path, "must be true or false")
			return nil, c.cursor.Skip()
		}
		return c.cursor.Bool()
	case kind == strictjson.Number && (name == "Int" || name == "Float" || name == "ID" || name == "OneTimePassword"):
		text, err := c.cursor.Number()
		if name == "Float" {
			if value, parse := strconv.ParseFloat(text, 64); parse != nil || math.IsInf(value, 0) || value == 0 && !strictjson.Zero(text) {
				c.addError(path, "must be a finite number")
			}
		} else if _, parse := strconv.ParseInt(text, 10, 32); parse != nil {
			c.addError(path, "must be a whole number of 32 bits")
		}
		return json.Number(text), err
	case name == "Int" || name == "Float":
		c.addError(path, "must be a number")
		return nil, c.cursor.Skip()
	default:
		return c.text(path)
	}
}

func (c *coercion) text(path ast.Path) (any, error) {
	if c.cursor.Kind() != strictjson.String {
		c.addError(path, "must be a text")
		return nil, c.cursor.Skip()
	}
	text, err := c.cursor.Text()
	if errors.Is(err, strictjson.ErrText) {
		c.addError(path, "must be Unicode text, in UTF-8 without lone surrogates")
		err = nil
	}
	return text, err
}

func appendPath(path ast.Path, element ast.PathElement) ast.Path {
	return append(path[:len(path):len(path)], element)
}
