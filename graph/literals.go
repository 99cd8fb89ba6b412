package graph

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"customer-events/internal/strictjson"
)

// The parser of the library reads some literals as other values than the caller wrote. What is here makes
// it exact: every literal and every default value is read back exactly, or the document is rejected.

// checkStrings rejects a query text whose strings have no exact value. The library replaces a lone
// surrogate, and bytes that are no UTF-8, by U+FFFD without a word: two different texts would become one.
// The GraphQL specification of September 2025 (section String Value) rejects such documents. Block
// strings have no such escapes. The library checks everything else.
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
				// The library takes the last three quotation marks for the end, GraphQL the first three.
				return parseError(query, i, `a block string ends with more than three quotation marks: `+
					`write \""" inside of it`)
			}
		case query[i] == '"':
			length, lone := stringLength(query[i:])
			if lone >= 0 {
				// The escape itself is not repeated: the string may be a secret.
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

// stringLength measures the string that a text begins with, up to the line's end if it has none. lone is
// the place of the first escape that is a surrogate without its other half, -1 if there is none.
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

// startsWithSurrogate reports whether a text begins with an escape of four digits that is one of the 1024 surrogates
// from the given one on.
func startsWithSurrogate(text string, from uint64) bool {
	if len(text) < len(`\uD83D`) || !strings.HasPrefix(text, `\u`) {
		return false
	}
	unit, err := strconv.ParseUint(text[2:6], 16, 32)
	return err == nil && unit >= from && unit < from+0x400
}

// blockLength measures the block string that a text begins with, to the text's end if it has none.
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

func parseError(query string, at int, message string) *gqlerror.Error {
	before := query[:at]
	line := 1 + strings.Count(before, "\n")
	column := 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
	return toGraphQL(newError(parseFailed, "%s", message), nil, []gqlerror.Location{{Line: line, Column: column}})
}

// setExactValues gives literals the values that GraphQL says they have, before the document is validated.
// It returns the whole numbers that no 64 bits hold: they are valid as a Float only, which checkLong
// finds out after the validation.
func setExactValues(doc *ast.QueryDocument) (long []*ast.Value, refusal *gqlerror.Error) {
	eachLiteral(doc, func(v *ast.Value) {
		switch v.Kind {
		case ast.IntValue, ast.FloatValue:
			number, err := strconv.ParseFloat(v.Raw, 64)
			if err != nil || number == 0 && !strictjson.Zero(v.Raw) {
				refusal = numberError(v, "a number in the query text is out of range")
			}
			if _, err := strconv.ParseInt(v.Raw, 10, 64); err != nil && v.Kind == ast.IntValue {
				v.Kind = ast.FloatValue // whose value the library takes from the same text
				long = append(long, v)
			}
		case ast.BlockValue:
			v.Raw = blockValue(v)
		}
	})
	return long, refusal
}

// checkLongIntegers rejects whole numbers of more than 64 bits in any place but that of a Float.
func checkLongIntegers(long []*ast.Value) *gqlerror.Error {
	for _, v := range long {
		if v.Definition == nil || v.Definition.Name != "Float" {
			return numberError(v, "a whole number in the query text is too long for its type")
		}
	}
	return nil
}

// numberError does not repeat the number: it may be a one-time password.
func numberError(v *ast.Value, message string) *gqlerror.Error {
	refusal := toGraphQL(newError(validationFailed, "%s", message), nil, nil)
	if v.Position != nil {
		refusal.Locations = []gqlerror.Location{{Line: v.Position.Line, Column: v.Position.Column}}
	}
	return refusal
}

// blockValue is the value of a block string (section String Value, BlockStringValue). The library counts
// the first line among those whose common indentation is taken away, GraphQL does not.
func blockValue(v *ast.Value) string {
	source := v.Position.Src.Input
	for range v.Position.Start { // which counts characters
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

// eachLiteral visits every literal of a document, wherever it may stand: arguments of fields and of
// directives, default values of variables, and the values inside of lists and objects.
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
