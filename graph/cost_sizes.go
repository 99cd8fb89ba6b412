package graph

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"customer-events/internal/events"
)

// schemaField is the cost of the introspection fields __schema and __type.
var schemaField = rootField{measure: measureSchema}

func measureSchema(*handler, map[string]any) (demand, error) { return demand{introspection: true}, nil }

// characterBytes is the maximum length of one character of a recorded text: four bytes of UTF-8. A
// character that JSON escapes has one byte, and two as an escape. Of the control characters, the server
// records tab and line ends only.
const characterBytes = 4

// leafSizes holds the maximum length of a value by its type, with quotation marks.
var leafSizes = map[string]int64{
	"Boolean":   5,
	"Int":       11,
	"Float":     24,
	"ID":        2 + characterBytes*events.MaxShortText,
	"String":    2 + characterBytes*events.MaxShortText,
	"DateTime":  32,
	"ErrorCode": 32,
}

// fieldSizes holds the exceptions from leafSizes, by Type.field.
var fieldSizes = map[string]int64{
	"WebCustomerEvent.id":             34,
	"WebCustomerEvent.number":         22,
	"WebCustomerEvent.type":           5,
	"WebCustomerEvent.lifeCycleState": 8,
	"WebCustomerEvent.website":        2 + characterBytes*events.MaxWebsite,
	"WebCustomerEvent.description":    2 + characterBytes*events.MaxDescription,
	"ProcessedCustomerEvent.id":       34,
	"ProcessedCustomerEvent.number":   22,
	// A problem names a field and a value of at most 100 characters, or the fields in which two events
	// differ.
	"UnprocessedCustomerEvent.errorDescription": maxDescriptionBytes,
}

// maxDescriptionBytes is the maximum length of the description of a problem.
const maxDescriptionBytes = 1300

// leafBytes returns the maximum length of one value of a field.
func leafBytes(sizes *schemaSizes, coordinate, typeName string) int64 {
	if size, known := fieldSizes[coordinate]; known {
		return size
	}
	if strings.HasPrefix(coordinate, "__") {
		return sizes.leaf(coordinate)
	}
	return leafSizes[typeName]
}

// schemaSizes holds the sizes of the schema, for the cost of introspection.
type schemaSizes struct {
	// longest and total are numbers of list items by Type.field: the longest list, and all lists of the
	// schema together.
	longest, total map[string]int64
	// text is the length of the longest description or reason of a deprecation.
	text int64
}

func newSchemaSizes(schema *ast.Schema) *schemaSizes {
	s := &schemaSizes{longest: make(map[string]int64), total: make(map[string]int64)}
	count := func(coordinate string, n int) {
		s.longest[coordinate] = max(s.longest[coordinate], int64(n))
		s.total[coordinate] += int64(n)
	}
	describe := func(text string) { s.text = max(s.text, int64(2*len(text)+2)) }
	describe(schema.Description)
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
			describe(deprecation(field.Directives))
			count("__Field.args", len(field.Arguments))
			for _, argument := range field.Arguments {
				describe(argument.Description)
			}
		}
		for _, value := range definition.EnumValues {
			describe(value.Description)
			describe(deprecation(value.Directives))
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

// deprecation returns the reason of a deprecated field or value, or "".
func deprecation(directives ast.DirectiveList) string {
	if directive := directives.ForName("deprecated"); directive != nil {
		if reason := directive.Arguments.ForName("reason"); reason != nil {
			return reason.Value.Raw
		}
	}
	return ""
}

// items returns the number of items that an introspection list has for all its parents together. If the
// parents are all types of the schema, each of them once, it is the total of the schema. Else it is the
// longest list for each parent. The second result reports whether the items are all types still.
func (s *schemaSizes) items(coordinate string, parents int64, everyType bool) (int64, bool) {
	switch {
	case !strings.HasPrefix(coordinate, "__"):
		// No sizeFunc knows the list. TestCost_EveryListAndLeaf fails for such a list.
		return parents * events.MaxEventsPerCall, false
	case coordinate == "__Schema.types", coordinate == "__Schema.directives":
		return parents * s.longest[coordinate], parents == 1
	case everyType:
		return s.total[coordinate], true
	default:
		return parents * s.longest[coordinate], false
	}
}

// leaf returns the maximum length of one value of the introspection.
func (s *schemaSizes) leaf(coordinate string) int64 {
	switch {
	case strings.HasSuffix(coordinate, ".description"), strings.HasSuffix(coordinate, ".deprecationReason"):
		return s.text
	case coordinate == "__Directive.locations":
		return 500
	default:
		return 200
	}
}
