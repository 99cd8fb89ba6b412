package graph

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"customer-events/internal/events"
)

// characterBytes is how long one character of a recorded text is written at the most: four bytes of
// UTF-8. What JSON escapes has one byte, and two bytes as an escape; control characters but tab and the
// ends of lines are not recorded.
const characterBytes = 4

// leafSizes are how many bytes a value has at the most, by its type; quotation marks count.
var leafSizes = map[string]int64{
	"Boolean":   5,
	"Int":       11,
	"Float":     24,
	"ID":        2 + characterBytes*events.MaxShortText,
	"String":    2 + characterBytes*events.MaxShortText,
	"DateTime":  32,
	"ErrorCode": 32,
}

// fieldSizes are the exceptions from leafSizes, by coordinate.
var fieldSizes = map[string]int64{
	"WebCustomerEvent.id":             34,
	"WebCustomerEvent.number":         22,
	"WebCustomerEvent.type":           5,
	"WebCustomerEvent.lifeCycleState": 8,
	"WebCustomerEvent.website":        2 + characterBytes*events.MaxWebsite,
	"WebCustomerEvent.description":    2 + characterBytes*events.MaxDescription,
	"ProcessedCustomerEvent.id":       34,
	"ProcessedCustomerEvent.number":   22,
	// A fault names a field and a value of at most 100 characters, or the fields in which two events
	// differ.
	"UnprocessedCustomerEvent.errorDescription": maxDescriptionBytes,
}

// maxDescriptionBytes is how long one description of what is wrong with an event is at the most.
const maxDescriptionBytes = 1300

// leafBytes is how long one value of a field is at the most.
func leafBytes(sizes *schemaSizes, coordinate, typeName string) int64 {
	if size, known := fieldSizes[coordinate]; known {
		return size
	}
	if strings.HasPrefix(coordinate, "__") {
		return sizes.leaf(coordinate)
	}
	return leafSizes[typeName]
}

// schemaSizes are how large the schema is, for the cost of introspection.
type schemaSizes struct {
	// most and total are how many items the lists of a type, field or directive have, by coordinate: the
	// longest, and all of the schema's together.
	most, total map[string]int64
	// text is the longest description.
	text int64
}

func newSchemaSizes(schema *ast.Schema) *schemaSizes {
	s := &schemaSizes{most: make(map[string]int64), total: make(map[string]int64)}
	count := func(coordinate string, n int) {
		s.most[coordinate] = max(s.most[coordinate], int64(n))
		s.total[coordinate] += int64(n)
	}
	describe := func(text string) { s.text = max(s.text, int64(2*len(text)+2)) }
	count("__Schema.types", len(schema.Types))
	count("__Schema.directives", len(schema.Directives))
	for _, definition := range schema.Types {
		describe(definition.Description)
		fields := "__Type.fields"
		if definition.Kind == ast.InputObject {
			fields = "__Type.inputFields"
		}
		count(fields, len(definition.Fields))
		count("__Type.enumValues", len(definition.EnumValues))
		for _, field := range definition.Fields {
			describe(field.Description)
			count("__Field.args", len(field.Arguments))
			for _, argument := range field.Arguments {
				describe(argument.Description)
			}
		}
		for _, value := range definition.EnumValues {
			describe(value.Description)
		}
	}
	for _, directive := range schema.Directives {
		describe(directive.Description)
		count("__Directive.args", len(directive.Arguments))
		for _, argument := range directive.Arguments {
			describe(argument.Description)
		}
	}
	return s
}

// items is how many items a list of the introspection has in all, for so many parents. Below all types of
// the schema, each of them once, it is as many as the schema has, and below any others the longest list
// of each.
func (s *schemaSizes) items(coordinate string, parents int64, whole bool) (items int64, stillWhole bool) {
	switch {
	case !strings.HasPrefix(coordinate, "__"):
		// A list that no extent knows, which TestEveryListAndLeafHasASize does not let pass.
		return parents * events.MaxEventsPerCall, false
	case coordinate == "__Schema.types", coordinate == "__Schema.directives":
		return parents * s.most[coordinate], parents == 1
	case whole:
		return s.total[coordinate], true
	default:
		return parents * s.most[coordinate], false
	}
}

// leaf is how long one value of the introspection is at the most.
func (s *schemaSizes) leaf(coordinate string) int64 {
	switch {
	case strings.HasSuffix(coordinate, ".description"):
		return s.text
	case coordinate == "__Directive.locations":
		return 500
	default:
		return 200
	}
}
