package graph

import (
	"net/http"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"customer-events/internal/events"
)

// Cost returns the computed cost of a request, and whether the request is accepted.
func Cost(of http.Handler, query, variables string) (bytes, values int64, ok bool) {
	h := of.(*handler)
	doc, operation, errs := h.parse(query, "")
	if errs != nil {
		return 0, 0, false
	}
	given, errs := h.variables(operation, variables)
	if errs != nil {
		return 0, 0, false
	}
	m := h.newMeter(&graphql.OperationContext{Variables: given, Doc: doc, Operation: operation})
	fields, all, err := m.measureFields(h)
	if err == nil {
		err = m.checkAnswer(fields, all)
	}
	return m.bytes, m.values, err == nil
}

// RootFields returns the names of the root fields with a declared cost.
func RootFields() (names []string) {
	for name, field := range rootFields {
		if field.measure != nil {
			names = append(names, name)
		}
	}
	return names
}

// Unsized returns the coordinates of the lists whose length no root field gives, and of the leaves without a
// size.
func Unsized(schema *ast.Schema) (coordinates []string) {
	page, _ := measurePage(nil, nil)
	bulk := bulkSizes(events.ReceivedEvents{})
	for name, definition := range schema.Types {
		if definition.Kind != ast.Object || strings.HasPrefix(name, "__") {
			continue
		}
		for _, field := range definition.Fields {
			coordinate := name + "." + field.Name
			_, paged := page.sizes(coordinate)
			_, known := bulk(coordinate)
			kind := schema.Types[field.Type.Name()].Kind
			leaf := kind == ast.Scalar || kind == ast.Enum
			switch {
			case strings.HasPrefix(field.Name, "__"), paged, known:
			case field.Type.Elem != nil, leaf && leafBytes(nil, coordinate, field.Type.Name()) == 0:
				coordinates = append(coordinates, coordinate)
			}
		}
	}
	return coordinates
}

// EncodesPayload reports whether the answer to a createWebCustomerEvents mutation with the given selection
// is encoded from the tables in events, without gqlgen.
func EncodesPayload(of http.Handler, selection string) bool {
	h := of.(*handler)
	doc, operation, errs := h.parse(`mutation ($input: CreateWebCustomerEventsInput!) {
		createWebCustomerEvents(input: $input) { `+selection+` } }`, "")
	if errs != nil {
		panic(errs)
	}
	opCtx := &graphql.OperationContext{Doc: doc, Operation: operation}
	field := operation.SelectionSet[0].(*ast.Field)
	return payloadEncoder(opCtx, field.SelectionSet) != nil
}
