package graph

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"customer-events/models"
)

// What a query text may be. The bulk mutation needs 32 tokens and 216 bytes, the full introspection query 190 and 2.1 kB; events
// belong into variables. Without these bounds the same field 5000 times over takes 2.4 s and 302 MB to validate.
const (
	// MaxQueryBytes is how long a query text may be.
	MaxQueryBytes = 15_000
	maxTokens     = 1000
	maxDepth      = 20
	maxAliases    = 30
	maxDirectives = 30
)

// What is kept of documents: programs send the same few again and again, and reading one costs as much as recording an event
// (0.1 ms, 13 kB). Larger ones, and those with texts in them, which may be secrets, are not kept.
const (
	maxCachedBytes     = 2000
	maxCachedDocuments = 100
)

// parse reads, validates and bounds a query text, and picks the operation. The document may be shared with other requests.
func (h *handler) parse(query, name string) (*ast.QueryDocument, *ast.OperationDefinition, gqlerror.List) {
	doc, kept := h.documents.Get(query)
	if !kept {
		keep := len(query) <= maxCachedBytes && !strings.Contains(query, `"`)
		if keep {
			query = strings.Clone(query) // it is a part of the request's body, all of which would be kept with it
		}
		var errs gqlerror.List
		if doc, errs = h.document(query); errs != nil {
			return nil, nil, errs
		}
		if keep {
			h.documents.Add(query, doc)
		}
	}
	operation := doc.Operations.ForName(name)
	switch {
	case operation != nil:
		return doc, operation, nil
	case name == "" && len(doc.Operations) > 1:
		return nil, nil, asList(newError(validationFailed, "the document has several operations: name one in operationName"))
	default:
		return nil, nil, asList(newError(validationFailed, "the document has no operation (%s)", models.Sanitize(name)))
	}
}

// document reads, validates and bounds a query text.
func (h *handler) document(query string) (*ast.QueryDocument, gqlerror.List) {
	if len(query) > MaxQueryBytes {
		return nil, asList(newError(validationFailed, "the query text has %d bytes and may have %d: send values as variables", len(query), MaxQueryBytes))
	}
	if err := checkStrings(query); err != nil {
		return nil, gqlerror.List{err}
	}
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: query}, maxTokens)
	if err != nil {
		return nil, annotate(parseFailed, gqlerror.List{gqlerror.WrapIfUnwrapped(err)})
	}
	if err := checkBounds(doc); err != nil {
		return nil, asList(err)
	}
	long, inexact := setExactValues(doc)
	if inexact != nil {
		return nil, gqlerror.List{inexact}
	}
	if errs := validator.ValidateWithRules(h.schema, doc, h.allRules); len(errs) > 0 {
		return nil, annotate(validationFailed, errs)
	}
	if inexact := checkLongIntegers(long); inexact != nil {
		return nil, gqlerror.List{inexact}
	}
	return doc, nil
}

// rules are GraphQL's. Suggestions would spell the schema out to those who may not ask for it.
func (h *handler) rules() *rules.Rules {
	if h.Introspection {
		return rules.NewDefaultRules()
	}
	all := rules.NewDefaultRules()
	for _, silent := range []core.Rule{rules.FieldsOnCorrectTypeRuleWithoutSuggestions, rules.ScalarLeafsRuleWithoutSuggestions,
		rules.KnownArgumentNamesRuleWithoutSuggestions, rules.KnownTypeNamesRuleWithoutSuggestions, rules.ValuesOfCorrectTypeRuleWithoutSuggestions} {
		all.RemoveRule(strings.TrimSuffix(silent.Name, "WithoutSuggestions"))
		all.AddRule(silent.Name, silent.RuleFunc)
	}
	return all
}

// checkBounds counts what makes validation and execution expensive. It runs before validation and follows no fragment spread, so
// it costs no more than the text is long.
func checkBounds(doc *ast.QueryDocument) *callError {
	var aliases, directives int
	var deepest int
	var walk func(set ast.SelectionSet, depth int)
	walk = func(set ast.SelectionSet, depth int) {
		deepest = max(deepest, depth)
		for _, selection := range set {
			switch s := selection.(type) {
			case *ast.Field:
				if s.Alias != s.Name {
					aliases++
				}
				directives += len(s.Directives)
				walk(s.SelectionSet, depth+1)
			case *ast.InlineFragment:
				directives += len(s.Directives)
				walk(s.SelectionSet, depth+1)
			case *ast.FragmentSpread:
				directives += len(s.Directives)
			}
		}
	}
	for _, operation := range doc.Operations {
		directives += len(operation.Directives)
		walk(operation.SelectionSet, 0)
	}
	for _, fragment := range doc.Fragments {
		directives += len(fragment.Directives)
		walk(fragment.SelectionSet, 0)
	}
	for _, bound := range []struct {
		what      string
		have, may int
	}{{"levels", deepest, maxDepth}, {"aliases", aliases, maxAliases}, {"directives", directives, maxDirectives}} {
		if bound.have > bound.may {
			return newError(validationFailed, "the query has %d %s and may have %d", bound.have, bound.what, bound.may)
		}
	}
	return nil
}

// annotate marks errors of the parser and the validator. Their messages quote the query text, which may hold secrets written
// as literals; the place is enough to find them.
func annotate(code code, errs gqlerror.List) gqlerror.List {
	out := make(gqlerror.List, 0, min(len(errs), maxErrors))
	for _, err := range errs[:min(len(errs), maxErrors)] {
		message := err.Message
		if code == parseFailed {
			message, _, _ = strings.Cut(message, ` "`)
		} else if strings.HasPrefix(err.Rule, "ValuesOfCorrectType") {
			message, _, _ = strings.Cut(message, " value: ")
			message, _, _ = strings.Cut(message, ", found ")
		}
		out = append(out, toGraphQL(newError(code, "%s", message), err.Path, err.Locations))
	}
	return out
}

func asList(err *callError) gqlerror.List { return gqlerror.List{toGraphQL(err, nil, nil)} }
