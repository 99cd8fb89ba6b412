package graph

import (
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"customer-events/graph/model"
	"customer-events/internal/events"
	"customer-events/internal/strictjson"
	"customer-events/models"
)

// coercion converts the JSON text of the variables to the values of the operation's variables, by GraphQL's
// rules. It applies them more strictly than gqlgen: a number is no String, "NaN" is no Float, @oneOf holds
// inside variables too, and every error is reported. It departs from them once: a null member of a @oneOf
// type counts as not given, because the clients of many typed languages write every member. A
// WebCustomerEventInput has its own decoder, which never fails: an error in an event concerns that event
// only.
type coercion struct {
	schema  *ast.Schema
	decoder *events.Decoder
	cursor  *strictjson.Cursor
	errs    gqlerror.List
	// received counts the events in the variables.
	received int
}

// maxDecoded is the number of events in the variables of a request after which the rest is only counted. A
// skipped field may leave a variable unused, so the variables may have more events than a request may send.
// But with one variable for each field of a document, 8 MiB of unknown fields would become 300 MB of
// problems.
const maxDecoded = 4 * events.MaxEventsPerCall

// variables coerces the variables of an operation. raw is their JSON text, or empty.
func (h *handler) variables(operation *ast.OperationDefinition, raw string) (map[string]any, gqlerror.List) {
	c := &coercion{schema: h.schema, decoder: h.Decoder, cursor: strictjson.New(raw)}
	values := make(map[string]any, len(operation.VariableDefinitions))
	seen := make(map[string]bool)
	if kind := c.cursor.Kind(); kind == strictjson.Object {
		err := c.cursor.Object(func(name string) error {
			definition := operation.VariableDefinitions.ForName(name)
			switch {
			case seen[name]:
				c.addError(variablePath(name), "is given twice")
				return c.cursor.Skip()
			case definition == nil:
				return c.cursor.Skip() // the specification ignores unknown variables
			}
			seen[name] = true
			value, err := c.value(definition.Type, variablePath(name))
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
				c.addError(variablePath(definition.Variable), "has a default that is out of range")
			}
			values[definition.Variable] = value
		case definition.Type.NonNull:
			c.addError(variablePath(definition.Variable), "must be given")
		}
	}
	return values, c.errs
}

// variablePath returns the path of a variable.
func variablePath(name string) ast.Path {
	return ast.Path{ast.PathName("variable"), ast.PathName(name)}
}

// addError adds an error to the list, unless it is full.
func (c *coercion) addError(path ast.Path, format string, args ...any) {
	if len(c.errs) < maxErrors {
		err := newError(validationFailed, "%s %s", path, fmt.Sprintf(format, args...))
		c.errs = append(c.errs, toGraphQL(err, path, nil))
	}
}

// value consumes one value of the given type. It returns an error if the text is not JSON, and adds every
// other error to the list.
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

// set decodes a set of events. After maxDecoded events it only counts: the set then has fewer events than
// its Received.
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
	element := func() error {
		value, err := c.value(elem, appendPath(path, ast.PathIndex(len(values))))
		values = append(values, value)
		return err
	}
	if c.cursor.Kind() != strictjson.Array {
		return values, element() // GraphQL coerces a single value to a list of one
	}
	return values, c.cursor.Array(element)
}

func (c *coercion) object(definition *ast.Definition, path ast.Path) (any, error) {
	if c.cursor.Kind() != strictjson.Object {
		c.addError(path, "must be an object")
		return nil, c.cursor.Skip()
	}
	oneOf := definition.Directives.ForName("oneOf") != nil
	values, given := map[string]any{}, map[string]bool{}
	var nulls []string
	err := c.cursor.Object(func(name string) error {
		field := definition.Fields.ForName(name)
		switch {
		case field == nil:
			c.addError(path, "has a field (%s) that %s does not have",
				models.Sanitize(name), definition.Name)
			return c.cursor.Skip()
		case given[name]:
			c.addError(appendPath(path, ast.PathName(name)), "is given twice")
			return c.cursor.Skip()
		}
		given[name] = true
		if oneOf && c.cursor.Kind() == strictjson.Null {
			nulls = append(nulls, name)
			return c.cursor.Null()
		}
		value, err := c.value(field.Type, appendPath(path, ast.PathName(name)))
		values[name] = value
		return err
	})
	if oneOf && len(values) != 1 {
		c.addOneOfError(path, len(values), nulls)
	}
	for _, field := range definition.Fields {
		switch {
		case given[field.Name]:
		case field.DefaultValue != nil:
			values[field.Name], _ = field.DefaultValue.Value(nil) // the defaults of the schema are valid
		case field.Type.NonNull:
			c.addError(appendPath(path, ast.PathName(field.Name)), "must be given")
		}
	}
	return values, err
}

// addOneOfError adds the error of a @oneOf value with none or several fields. It names the fields that are
// null, because their sender considers them given.
func (c *coercion) addOneOfError(path ast.Path, given int, nulls []string) {
	const rule = "must have exactly one field, which must not be null"
	switch {
	case given == 0 && len(nulls) == 1:
		c.addError(appendPath(path, ast.PathName(nulls[0])), "must not be null")
	case given == 0 && len(nulls) > 1:
		c.addError(path, "%s: %s are null", rule, strings.Join(nulls, ", "))
	default:
		c.addError(path, rule)
	}
}

func (c *coercion) enum(definition *ast.Definition, path ast.Path) (any, error) {
	text, err := c.text(path)
	if name, ok := text.(string); ok && definition.EnumValues.ForName(name) == nil {
		c.addError(path, "must be a value of %s", definition.Name)
	}
	return text, err
}

// appendPath returns a copy of a path with another element.
func appendPath(path ast.Path, element ast.PathElement) ast.Path {
	return append(path[:len(path):len(path)], element)
}
