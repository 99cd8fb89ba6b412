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

// The limits of a query text. The bulk mutation needs 32 tokens and 216 bytes, the full introspection query
// 190 tokens and 2.1 kB; events belong into variables. Without these limits, the validation of one field
// repeated 5000 times takes 2.4 s and 302 MB.
const (
	// MaxQueryBytes is the maximum length of a query text.
	MaxQueryBytes = 15_000
	maxTokens     = 1000
	maxDepth      = 20
	maxAliases    = 30
	maxDirectives = 30
)

// The limits of the document cache. Programs send the same few documents again and again, and parsing one
// costs as much as recording an event (0.1 ms, 13 kB). The cache holds no larger documents, and none with
// strings, which may be secrets.
const (
	maxCachedBytes     = 2000
	maxCachedDocuments = 100
)

// parse parses and validates a query text and selects the operation. Other requests may share the document.
func (h *handler) parse(query, name string) (*ast.QueryDocument, *ast.OperationDefinition, gqlerror.List) {
	doc, cached := h.documents.Get(query)
	if !cached {
		cache := len(query) <= maxCachedBytes && !strings.Contains(query, `"`)
		if cache {
			query = strings.Clone(query) // a slice would keep the whole body of the request in memory
		}
		var errs gqlerror.List
		if doc, errs = h.document(query); errs != nil {
			return nil, nil, errs
		}
		if cache {
			h.documents.Add(query, doc)
		}
	}
	operation := doc.Operations.ForName(name)
	switch {
	case operation != nil:
		return doc, operation, nil
	case name == "" && len(doc.Operations) > 1:
		return nil, nil, asList(newError(validationFailed,
			"the document has several operations: name one in operationName"))
	default:
		return nil, nil, asList(newError(validationFailed,
			"the document has no operation (%s)", models.Sanitize(name)))
	}
}

// document parses a query text, checks its limits and validates it.
func (h *handler) document(query string) (*ast.QueryDocument, gqlerror.List) {
	if len(query) > MaxQueryBytes {
		return nil, asList(newError(validationFailed,
			"the query text has %d bytes and may have %d: send values as variables",
			len(query), MaxQueryBytes))
	}
	if err := checkStrings(query); err != nil {
		return nil, gqlerror.List{err}
	}
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: query}, maxTokens)
	if err != nil {
		return nil, annotate(parseFailed, gqlerror.List{lexerError(query, gqlerror.WrapIfUnwrapped(err))})
	}
	if err := checkBounds(doc); err != nil {
		return nil, asList(err)
	}
	long, numberErr := setExactValues(doc)
	if numberErr != nil {
		return nil, gqlerror.List{numberErr}
	}
	if errs := validator.ValidateWithRules(h.schema, doc, h.allRules); len(errs) > 0 {
		nameNullMembers(doc, errs)
		return nil, annotate(validationFailed, errs)
	}
	if err := checkLongIntegers(long); err != nil {
		return nil, gqlerror.List{err}
	}
	keepDateNumbers(doc)
	return doc, nil
}

// rules returns GraphQL's validation rules. Without introspection their messages have no suggestions, which
// would reveal the names of the schema.
func (h *handler) rules() *rules.Rules {
	if h.Introspection {
		return rules.NewDefaultRules()
	}
	all := rules.NewDefaultRules()
	for _, rule := range []core.Rule{
		rules.FieldsOnCorrectTypeRuleWithoutSuggestions,
		rules.ScalarLeafsRuleWithoutSuggestions,
		rules.KnownArgumentNamesRuleWithoutSuggestions,
		rules.KnownTypeNamesRuleWithoutSuggestions,
		rules.ValuesOfCorrectTypeRuleWithoutSuggestions,
	} {
		all.RemoveRule(strings.TrimSuffix(rule.Name, "WithoutSuggestions"))
		all.AddRule(rule.Name, rule.RuleFunc)
	}
	return all
}

// checkBounds limits what makes validation and execution expensive. It runs before the validation and
// follows no fragment spread, so its own cost is proportional to the length of the text.
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
	for _, limit := range []struct {
		of       string
		has, max int
	}{
		{"levels", deepest, maxDepth},
		{"aliases", aliases, maxAliases},
		{"directives", directives, maxDirectives},
	} {
		if limit.has > limit.max {
			return newError(validationFailed,
				"the query has %d %s and may have %d", limit.has, limit.of, limit.max)
		}
	}
	return nil
}

// annotate adds the code to errors of the parser and the validator. It cuts the quotations of the query
// text from their messages, since literals may be secrets; the location is enough to find the error.
func annotate(kind kind, errs gqlerror.List) gqlerror.List {
	out := make(gqlerror.List, 0, min(len(errs), maxErrors))
	for _, err := range errs[:min(len(errs), maxErrors)] {
		message := err.Message
		if kind == parseFailed {
			message = withoutQuotation(message)
		} else if strings.HasPrefix(err.Rule, "ValuesOfCorrectType") {
			message, _, _ = strings.Cut(message, " value: ")
			message, _, _ = strings.Cut(message, ", found ")
		}
		out = append(out, toGraphQL(newError(kind, "%s", message), err.Path, err.Locations))
	}
	return out
}

// asList returns an error without a path as a list.
func asList(err *callError) gqlerror.List { return gqlerror.List{toGraphQL(err, nil, nil)} }
