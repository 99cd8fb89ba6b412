package graph

import (
	"maps"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// Operations returns every value that the handler gives api.Request's Operation: the root fields, and
// the types of operations for requests with several of them.
func Operations() []string {
	return append(slices.Sorted(maps.Keys(rootFields)), "__typename", string(ast.Query), string(ast.Mutation))
}
