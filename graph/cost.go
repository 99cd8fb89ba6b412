package graph

import (
	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// What the answer to one request may cost. The cost is computed before anything runs, from the worst that
// the selected fields can hold, so that a rejected request has done nothing. A page of 500 events with
// every field costs 24 MB at the worst, a call of 1000 events that selects everything at most 32 MB.
const (
	// MaxAnswerBytes bounds the answer's length.
	MaxAnswerBytes = 32 << 20
	// maxQueryCost bounds what the answer to a query could have. It is more than it may have, since few values
	// are as long as they may be: a page of 500 may be asked for as edges and as nodes, with every field. Should
	// the answer get too long, the query has changed nothing; a mutation would have.
	maxQueryCost = 2 * MaxAnswerBytes
	// maxAnswerValues bounds how many values the answer holds: each takes some 300 bytes while the answer
	// is put together, however short it is written.
	maxAnswerValues = 250_000
)

// rootField declares what one field of Query or Mutation costs. It stands beside the field's resolver.
type rootField struct {
	// once says that a request may have the field once: more of them would be guesses at passwords.
	once bool
	// measure looks at the field's arguments. It is never nil.
	measure func(h *handler, arguments map[string]any) (asked, error)
}

// asked is what one root field asks for.
type asked struct {
	// events is how many events the field carries in, nodes how many it lists, and pages how many lists
	// it reads.
	events, nodes, pages int
	// unread says that events are only counted, since the variables have too many.
	unread bool
	// schema says that the field tells of the schema.
	schema bool
	// extent tells how much the answer's parts hold; nil if nothing in it is a list or is longer than
	// others.
	extent extent
}

// extent tells, for a field by its coordinate (Type.field), how many items its lists have in all, or how
// many bytes its texts have in all; known is false if nothing special is known of the field.
type extent func(coordinate string) (most int64, known bool)

// rootFields are the root fields by their names. What has no row here is not let through;
// TestEveryRootFieldHasACost says so before that happens.
var rootFields = map[string]rootField{
	"createWebCustomerEvents": createField,
	"login":                   loginField,
	"logout":                  logoutField,
	"webCustomerEvent":        eventField,
	"webCustomerEvents":       pageField,
	"checkWebCustomerEvents":  checkField,
	"limits":                  limitsField,
	"__schema":                schemaField,
	"__type":                  schemaField,
}

// flat measures a field whose answer has no lists.
func flat(*handler, map[string]any) (asked, error) { return asked{}, nil }

// meter adds up what an answer costs.
type meter struct {
	schema *ast.Schema
	opCtx  *graphql.OperationContext
	sizes  *schemaSizes
	bytes  int64
	values int64
}

// most is how many bytes the answer could have.
func (m *meter) most() int64 {
	if m.opCtx.Operation.Operation == ast.Mutation {
		return MaxAnswerBytes
	}
	return maxQueryCost
}

// over says that nothing more needs to be added up.
func (m *meter) over() bool { return m.bytes > m.most() || m.values > maxAnswerValues }

// refusal names the cost and the limit; nil if the answer is within it. What is over is not added up to
// its end.
func (m *meter) refusal() *callError {
	const remedy = "ask for fewer fields, aliases or events"
	switch {
	case m.bytes > m.most():
		return newError(validationFailed, "the answer could have %d bytes or more, and a %s may ask for %d: %s",
			m.bytes, m.opCtx.Operation.Operation, m.most(), remedy)
	case m.values > maxAnswerValues:
		return newError(validationFailed, "the answer could have %d values or more and may have %d: %s",
			m.values, maxAnswerValues, remedy)
	}
	return nil
}

// selection adds the fields that are selected of a type. parents is how many objects of the type there
// are at the most; whole says that they are all types of the schema, each of them once.
func (m *meter) selection(set ast.SelectionSet, typeName string, parents int64, whole bool, of extent) {
	for _, field := range graphql.CollectFields(m.opCtx, set, []string{typeName}) {
		if m.field(field, typeName, parents, whole, of); m.over() {
			return
		}
	}
}

func (m *meter) field(field graphql.CollectedField, typeName string, parents int64, whole bool, of extent) {
	m.bytes += parents * int64(len(field.Alias)+len(`"":,`))
	m.values += max(1, parents) // also where there is nothing, so that adding up ends
	if field.Name == "__typename" {
		m.bytes += parents * int64(len(typeName)+2)
		return
	}
	coordinate := typeName + "." + field.Name
	most, known := int64(0), false
	if of != nil {
		most, known = of(coordinate)
	}
	named := m.schema.Types[field.Definition.Type.Name()]
	leaf := named.Kind == ast.Scalar || named.Kind == ast.Enum
	switch {
	case leaf && known:
		m.bytes += most
		return
	case leaf:
		m.bytes += parents * leafBytes(m.sizes, coordinate, named.Name)
		return
	}
	items := parents
	if field.Definition.Type.Elem != nil {
		if items = most; !known {
			items, whole = m.sizes.items(coordinate, parents, whole)
		}
		m.bytes += 2*parents + items // brackets and commas
	} else {
		whole = false
	}
	m.bytes += items * int64(len(`{},`))
	m.selection(field.Selections, named.Name, items, whole, of)
}

// meter makes a meter for a request.
func (h *handler) meter(opCtx *graphql.OperationContext) *meter {
	return &meter{schema: h.schema, opCtx: opCtx, sizes: h.sizes}
}

// root is the name of the type whose fields the operation selects.
func (m *meter) root() string {
	if m.opCtx.Operation.Operation == ast.Mutation {
		return "Mutation"
	}
	return "Query"
}

// ask returns the root fields of a request, and what each of them asks for.
func (m *meter) ask(h *handler) (fields []graphql.CollectedField, all []asked, err error) {
	fields = graphql.CollectFields(m.opCtx, m.opCtx.Operation.SelectionSet, []string{m.root()})
	times := make(map[string]int, len(fields))
	all = make([]asked, len(fields))
	for i, field := range fields {
		if field.Name == "__typename" {
			continue
		}
		declared, known := rootFields[field.Name]
		if !known {
			return nil, nil, newError(badRequest, "%s is not let through: its cost is not known", field.Name)
		}
		if times[field.Name]++; declared.once && times[field.Name] > 1 {
			return nil, nil, newError(badRequest, "a request may have one %s and this one has more: send them one by one",
				field.Name)
		}
		if all[i], err = declared.measure(h, field.ArgumentMap(m.opCtx.Variables)); err != nil {
			return nil, nil, err
		}
	}
	return fields, all, nil
}

// add adds up what the answer costs, and rejects a request whose answer costs too much.
func (m *meter) add(fields []graphql.CollectedField, all []asked) error {
	for i, field := range fields {
		m.field(field, m.root(), 1, false, all[i].extent)
	}
	if refusal := m.refusal(); refusal != nil {
		return refusal
	}
	return nil
}
