// Errordocs writes docs/errors.md. The codes of events come from models/problem.go and the ErrorCode of
// schema.graphqls, the errors of whole calls from the catalogue in internal/apierr. A code without
// documentation fails the generation.
package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log"
	"os"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2"
	graphql "github.com/vektah/gqlparser/v2/ast"

	"customer-events/internal/apierr"
	"customer-events/models"
)

const head = `<!-- Written by internal/tools/errordocs: go generate . -->
# Error codes

Codes are added, never renamed or removed. Branch on the codes; the texts beside them are for people.

## Errors of one event

An unprocessed event and each of its ` + "`problems`" + ` have an ` + "`errorCode`" + `
(Web API: ` + "`error_code`" + `). The ` + "`path`" + ` of a problem leads to the field.
The description reads
` + "`Error:<the field, its value and what is wrong> - Description:<the code's sentence>`" + `.
It never contains the value of a secret. The other events of the call are processed. An event may be
accepted later without a change only if its code is marked *retryable*.

| code | sentence | when |
|---|---|---|
`

const calls = `
## Errors of a whole call

Nothing is stored; only after ` + "`OUTCOME_UNKNOWN`" + ` the events may be stored. GraphQL has the code in
the error's ` + "`extensions.code`" + `, the Web API has the class name in ` + "`status.code`" + `.

The Web API always has the HTTP status of the table. GraphQL has it under
` + "`Accept: application/graphql-response+json`" + `. Under plain ` + "`application/json`" + `, an error
that is found after the JSON was parsed has status 200, except for 401, 413, 429 and 503.

The column *retry after* has the least number of seconds until a retry can succeed. The header
` + "`Retry-After`" + ` has the actual number, in GraphQL also ` + "`extensions.retryAfter`" + `.

| code | HTTP status | retry after | Web API | when | what to do |
|---|---|---|---|---|---|
`

func main() {
	log.SetFlags(0)
	text, err := page()
	if err == nil {
		err = os.WriteFile("docs/errors.md", text, 0o644)
	}
	if err != nil {
		log.Fatal("docs/errors.md: ", err)
	}
}

func page() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(head)
	if err := writeEventCodes(&b); err != nil {
		return nil, err
	}
	b.WriteString(calls)
	writeCallErrors(&b)
	return b.Bytes(), nil
}

func writeEventCodes(b *bytes.Buffer) error {
	text, err := os.ReadFile("schema.graphqls")
	if err != nil {
		return err
	}
	schema, err := gqlparser.LoadSchema(&graphql.Source{Name: "schema.graphqls", Input: string(text)})
	if err != nil {
		return err
	}
	codes, err := constants("models/problem.go", "Code")
	if err != nil {
		return err
	}
	described := schema.Types["ErrorCode"].EnumValues
	if len(described) != len(codes) {
		return fmt.Errorf("the schema has %d codes of events, models/problem.go has %d",
			len(described), len(codes))
	}
	for _, c := range codes {
		code, value := models.Code(c), described.ForName(c)
		if value == nil || value.Description == "" || code.Description() == "" {
			return fmt.Errorf("%s has no documentation: "+
				"add a description to schema.graphqls and a sentence to models/problem.go", code)
		}
		retryable := ""
		if code.Retryable() {
			retryable = " *retryable*"
		}
		fmt.Fprintf(b, "| `%s`%s | %s | %s |\n",
			code, retryable, code.Description(), cell(value.Description))
	}
	return nil
}

func writeCallErrors(b *bytes.Buffer) {
	for _, row := range apierr.Rows() {
		after, class := "–", "–"
		if row.RetryAfter > 0 {
			after = fmt.Sprint(row.RetryAfter, " s")
		}
		if !row.GraphQLOnly {
			class = "`" + row.Class + "`"
		}
		fmt.Fprintf(b, "| `%s` | %d | %s | %s | %s | %s |\n",
			row.Code, row.Status, after, class, cell(row.When), cell(row.Remedy))
	}
}

// cell escapes a text for a table.
func cell(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", `\|`)
}

// constants returns the values of a file's constants of a type, in their order.
func constants(path, typeName string) (values []string, err error) {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		return nil, err
	}
	for _, declaration := range file.Decls {
		group, ok := declaration.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		for _, spec := range group.Specs {
			spec := spec.(*ast.ValueSpec)
			if name, ok := spec.Type.(*ast.Ident); !ok || name.Name != typeName {
				continue
			}
			value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				return nil, err
			}
			values = append(values, value)
		}
	}
	if len(values) == 0 {
		return nil, fmt.Errorf("%s has no constants of type %s", path, typeName)
	}
	return values, nil
}
