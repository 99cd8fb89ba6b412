// Generate writes docs/errors.md, from where the codes stand and are explained: models/problem.go with the schema's ErrorCode for events,
// internal/api/refusal.go and graph/errors.go for whole calls, webapi for the Web API's words. A code that is not explained fails it.
package main

import (
	"bytes"
	"cmp"
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

	"customer-events/internal/api"
	"customer-events/internal/auth"
	"customer-events/internal/crmapi"
	"customer-events/models"
)

const head = `<!-- Written by internal/tools/errordocs: make generate. -->
# Error codes

Codes are added, never renamed or removed. Branch on them; the texts beside them are for people.

## Of one event

` + "`errorCode` (Web API: `error_code`) of an unprocessed event, and of each of its `problems`" + `, where ` + "`path`" + ` leads to the field. The description reads
` + "`Error:<what is wrong, with the field and its value> - Description:<the code's sentence>`" + `; of a secret no value is named. The other events of the call are not
touched. Only what is marked *retryable* may be accepted later without a change.

| code | sentence | when |
|---|---|---|
`

const calls = `
## Of a whole call

Nothing is stored, but for ` + "`OUTCOME_UNKNOWN`" + `. In GraphQL it is ` + "`extensions.code`" + ` of an error; in the Web API ` + "`status.code`" + ` has the class name. The HTTP status is the Web API's, and
GraphQL's under ` + "`Accept: application/graphql-response+json`" + `; under plain ` + "`application/json`" + ` an error that is found after the JSON was parsed has status 200, but for 401, 413, 429
and 503. Where seconds are named, which are the least, they stand in the header ` + "`Retry-After`, in GraphQL also in `extensions.retryAfter`" + `.

| code | HTTP status | send again after | Web API | when, and what to do |
|---|---|---|---|---|
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
	if err := ofEvents(&b); err != nil {
		return nil, err
	}
	b.WriteString(calls)
	err := ofCalls(&b)
	return b.Bytes(), err
}

func ofEvents(b *bytes.Buffer) error {
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
	told := schema.Types["ErrorCode"].EnumValues
	if len(told) != len(codes) {
		return fmt.Errorf("the schema has %d codes of events, models/problem.go has %d", len(told), len(codes))
	}
	for _, c := range codes {
		code, value := models.Code(c.value), told.ForName(c.value)
		if value == nil || value.Description == "" || code.Description() == "" {
			return fmt.Errorf("%s is not explained: it needs a description in schema.graphqls and a sentence in models/problem.go", c.value)
		}
		retryable := ""
		if code.Retryable() {
			retryable = " *retryable*"
		}
		fmt.Fprintf(b, "| `%s`%s | %s | %s |\n", code, retryable, code.Description(), cell(value.Description))
	}
	return nil
}

func ofCalls(b *bytes.Buffer) error {
	grammar, err := constants("graph/errors.go", "code")
	if err != nil {
		return err
	}
	refusals, err := constants("internal/api/refusal.go", "Code")
	if err != nil {
		return err
	}
	for _, c := range append(grammar, refusals...) {
		if c.comment == "" {
			return fmt.Errorf("%s is not explained: it needs a comment where it stands", c.value)
		}
		refusal := api.NewError(api.Code(c.value), "")
		after, class := "–", crmapi.StatusCode(refusal)
		if refusal.RetryAfter > 0 {
			after = fmt.Sprint(refusal.RetryAfter, " s")
		}
		if class = cmp.Or(class, "–"); class != "–" {
			class = "`" + class + "`"
		}
		if refusal.Code == api.Unauthenticated {
			class += ", of a login `" + crmapi.StatusCode(auth.ErrWrongLogin) + "`"
		}
		fmt.Fprintf(b, "| `%s` | %d | %s | %s | %s |\n", c.value, refusal.Code.Status(), after, class, cell(c.comment))
	}
	return nil
}

// cell is a text as it may stand in a table.
func cell(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", `\|`)
}

type constant struct{ value, comment string }

// constants are those of a file that are declared to be of a type, in their order.
func constants(path, typeName string) (all []constant, err error) {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
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
			all = append(all, constant{value, spec.Doc.Text()})
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s has no constants of type %s", path, typeName)
	}
	return all, nil
}
