package graph

import (
	"net/http"

	"github.com/99designs/gqlgen/graphql"
)

// Cost is what a request is reckoned to cost, and whether it is let through.
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
	m := h.meter(&graphql.OperationContext{Variables: given, Doc: doc, Operation: operation})
	fields, all, err := m.ask(h)
	if err == nil {
		err = m.add(fields, all)
	}
	return m.bytes, m.values, err == nil
}

// RootFields are the names of the root fields whose cost is declared.
func RootFields() (names []string) {
	for name, field := range rootFields {
		if field.measure != nil {
			names = append(names, name)
		}
	}
	return names
}
