package graph

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// gqlparser gives some literals other values than the caller wrote. The functions of this file correct that:
// every literal and default value has its exact value, or the document is rejected. Numbers are in
// literal_numbers.go.

// checkStrings rejects a query text with a string that has no exact value. gqlparser silently replaces lone
// surrogates and invalid UTF-8 with U+FFFD: two different texts would become equal. The GraphQL
// specification of September 2025 (section String Value) rejects such documents. Block strings have no
// such escapes. gqlparser checks everything else.
func checkStrings(query string) *gqlerror.Error {
	if !utf8.ValidString(query) {
		return toGraphQL(newError(parseFailed, "the query text is not valid UTF-8"), nil, nil)
	}
	for i := 0; i < len(query); {
		switch {
		case query[i] == '#':
			if end := strings.IndexAny(query[i:], "\r\n"); end >= 0 {
				i += end
			} else {
				i = len(query)
			}
		case strings.HasPrefix(query[i:], `"""`):
			length := blockLength(query[i:])
			if i += length; strings.HasPrefix(query[i:], `"`) {
				// gqlparser ends the string at the last three quotation marks, GraphQL at the first three.
				return parseError(query, i, `a block string ends with more than three quotation marks: `+
					`write \""" inside of it`)
			}
		case query[i] == '"':
			length, lone := stringLength(query[i:])
			if lone >= 0 {
				// The message does not repeat the escape: the string may be a secret.
				return parseError(query, i+lone, `a string has an escape that is half of a surrogate pair: `+
					`write both halves, or \u{…} with the code point`)
			}
			i += length
		default:
			i++
		}
	}
	return nil
}

// stringLength returns the length of the string at the beginning of a text. A string without an end goes to
// the end of the line. lone is the index of the first escape that is half of a surrogate pair, or -1.
func stringLength(text string) (length, lone int) {
	i := 1
	for i < len(text) && text[i] != '\n' && text[i] != '\r' {
		switch {
		case text[i] == '"':
			return i + 1, -1
		case text[i] != '\\':
			i++
		case startsWithSurrogate(text[i:], 0xD800) && startsWithSurrogate(text[i+len(`\uD83D`):], 0xDC00):
			i += len(`\uD83D\uDE00`)
		case startsWithSurrogate(text[i:], 0xD800) || startsWithSurrogate(text[i:], 0xDC00):
			return 0, i
		default:
			i += 2
		}
	}
	return min(i, len(text)), -1
}

// startsWithSurrogate reports whether a text begins with a four-digit escape of one of the 1024 surrogates
// from the given one on.
func startsWithSurrogate(text string, from uint64) bool {
	if len(text) < len(`\uD83D`) || !strings.HasPrefix(text, `\u`) {
		return false
	}
	unit, err := strconv.ParseUint(text[2:6], 16, 32)
	return err == nil && unit >= from && unit < from+0x400
}

// blockLength returns the length of the block string at the beginning of a text. A block string without an
// end goes to the end of the text.
func blockLength(text string) int {
	for i := 3; i < len(text); i++ {
		switch {
		case strings.HasPrefix(text[i:], `\"""`):
			i += 3
		case strings.HasPrefix(text[i:], `"""`):
			return i + 3
		}
	}
	return len(text)
}

// parseError returns a syntax error with its line and column.
func parseError(query string, at int, message string) *gqlerror.Error {
	before := query[:at]
	line := 1 + strings.Count(before, "\n")
	column := 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
	locations := []gqlerror.Location{{Line: line, Column: column}}
	return toGraphQL(newError(parseFailed, "%s", message), nil, locations)
}

// nameNullMembers corrects the names in errors about a null in a @oneOf literal: gqlparser names the first
// field of the type, whichever is null.
func nameNullMembers(doc *ast.QueryDocument, errs gqlerror.List) {
	const mustNotBeNull = " must be non-null."
	eachLiteral(doc, func(v *ast.Value) {
		if v.Kind != ast.ObjectValue || v.Definition == nil || len(v.Children) != 1 ||
			v.Children[0].Value.Kind != ast.NullValue {
			return
		}
		null := v.Children[0]
		at := gqlerror.Location{Line: null.Value.Position.Line, Column: null.Value.Position.Column}
		for _, err := range errs {
			if strings.HasSuffix(err.Message, mustNotBeNull) && slices.Contains(err.Locations, at) {
				err.Message = `Field "` + v.Definition.Name + "." + null.Name + `"` + mustNotBeNull
			}
		}
	})
}

// blockValue returns the value of a block string (section String Value, BlockStringValue). gqlparser removes
// the common indentation from the first line too, GraphQL does not.
func blockValue(v *ast.Value) string {
	source := v.Position.Src.Input
	for range v.Position.Start { // Start counts characters
		_, size := utf8.DecodeRuneInString(source)
		source = source[size:]
	}
	if !strings.HasPrefix(source, `"""`) {
		return v.Raw
	}
	raw := source[3 : blockLength(source)-3]
	raw = strings.NewReplacer("\r\n", "\n", "\r", "\n", `\"""`, `"""`).Replace(raw)
	lines := strings.Split(raw, "\n")
	common := -1
	for _, line := range lines[1:] {
		indent := len(line) - len(strings.TrimLeft(line, " \t"))
		if indent < len(line) && (common < 0 || indent < common) {
			common = indent
		}
	}
	for i := 1; i < len(lines) && common > 0; i++ {
		lines[i] = lines[i][min(common, len(lines[i])):]
	}
	blank := func(line string) bool { return strings.Trim(line, " \t") == "" }
	for len(lines) > 0 && blank(lines[0]) {
		lines = lines[1:]
	}
	for len(lines) > 0 && blank(lines[len(lines)-1]) {
		lines = lines[:len(lines)-1]
	}
	return strings.Join(lines, "\n")
}

// eachLiteral calls visit for every literal of a document: in arguments of fields and directives, in default
// values of variables, and inside lists and objects.
func eachLiteral(doc *ast.QueryDocument, visit func(*ast.Value)) {
	var value func(v *ast.Value)
	value = func(v *ast.Value) {
		if v == nil {
			return
		}
		visit(v)
		for _, child := range v.Children {
			value(child.Value)
		}
	}
	directives := func(list ast.DirectiveList) {
		for _, directive := range list {
			for _, argument := range directive.Arguments {
				value(argument.Value)
			}
		}
	}
	variables := func(list ast.VariableDefinitionList) {
		for _, variable := range list {
			value(variable.DefaultValue)
			directives(variable.Directives)
		}
	}
	var selections func(set ast.SelectionSet)
	selections = func(set ast.SelectionSet) {
		for _, selection := range set {
			switch s := selection.(type) {
			case *ast.Field:
				for _, argument := range s.Arguments {
					value(argument.Value)
				}
				directives(s.Directives)
				selections(s.SelectionSet)
			case *ast.InlineFragment:
				directives(s.Directives)
				selections(s.SelectionSet)
			case *ast.FragmentSpread:
				directives(s.Directives)
			}
		}
	}
	for _, operation := range doc.Operations {
		variables(operation.VariableDefinitions)
		directives(operation.Directives)
		selections(operation.SelectionSet)
	}
	for _, fragment := range doc.Fragments {
		variables(fragment.VariableDefinition)
		directives(fragment.Directives)
		selections(fragment.SelectionSet)
	}
}
