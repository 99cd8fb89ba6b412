package graph

import (
	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// The limits of the answer to one request. The server computes the cost of the answer before it runs
// anything, from the largest values that the selected fields can have: a rejected request has no effect. A
// page of 500 events with every field costs at most 24 MB, a call of 1000 events that selects everything at
// most 32 MB.
const (
	// MaxAnswerBytes is the maximum length of an answer.
	MaxAnswerBytes = 32 << 20
	// maxQueryCost is the maximum computed length of the answer to a query. It is larger than
	// MaxAnswerBytes, since few values have their maximum length: a query may select a page of 500 as edges
	// and as nodes, with every field. If the answer gets too long nonetheless, the query has changed
	// nothing. A mutation would have changed something, so its limit is MaxAnswerBytes.
	maxQueryCost = 2 * MaxAnswerBytes
	// maxAnswerValues is the maximum number of values in an answer. Each takes about 300 bytes while the
	// answer is built, however short its text is.
	maxAnswerValues = 250_000
)

// rootField declares the cost of one field of Query or Mutation. The declaration is beside the resolver of
// the field.
type rootField struct {
	// once limits the field to one per request.
	once bool
	// measure computes the demand from the arguments of the field. It is never nil.
	measure func(h *handler, arguments map[string]any) (demand, error)
}

// demand is what one root field demands of the server.
type demand struct {
	// events is the number of events that the field receives, nodes the number of events that it lists,
	// pages the number of pages that it reads.
	events, nodes, pages int
	// notDecoded reports that the events were only counted, since the variables have too many.
	notDecoded bool
	// introspection reports that the field reads the schema.
	introspection bool
	// sizes gives the sizes of the lists and texts in the answer. It is nil if every size follows from the
	// schema.
	sizes sizeFunc
}

// sizeFunc returns the total size of a field (given as Type.field) in the answer: the number of items of
// its lists, or the number of bytes of its texts. known is false if the size follows from the schema.
type sizeFunc func(coordinate string) (total int64, known bool)

// rootFields holds the root fields by name. The server rejects a field without an entry;
// TestCost_EveryRootField fails before that happens.
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

// measureFlat measures a field whose answer has no lists.
func measureFlat(*handler, map[string]any) (demand, error) { return demand{}, nil }

// meter adds up the cost of an answer.
type meter struct {
	schema      *ast.Schema
	opCtx       *graphql.OperationContext
	schemaSizes *schemaSizes
	bytes       int64
	values      int64
}

// newMeter makes the meter of a request.
func (h *handler) newMeter(opCtx *graphql.OperationContext) *meter {
	return &meter{schema: h.schema, opCtx: opCtx, schemaSizes: h.sizes}
}

// maxBytes returns the maximum computed length of the answer.
func (m *meter) maxBytes() int64 {
	if m.opCtx.Operation.Operation == ast.Mutation {
		return MaxAnswerBytes
	}
	return maxQueryCost
}

// exceeded reports whether the cost is over a limit already.
func (m *meter) exceeded() bool { return m.bytes > m.maxBytes() || m.values > maxAnswerValues }

// err returns an error with the cost and the limit, or nil if the answer is within the limits. The cost may
// be incomplete: the meter stops once a limit is exceeded.
func (m *meter) err() *callError {
	const remedy = "ask for fewer fields, aliases or events"
	switch {
	case m.bytes > m.maxBytes():
		return newError(validationFailed,
			"the answer could have %d bytes or more, and a %s may ask for %d: %s",
			m.bytes, m.opCtx.Operation.Operation, m.maxBytes(), remedy)
	case m.values > maxAnswerValues:
		return newError(validationFailed,
			"the answer could have %d values or more and may have %d: %s",
			m.values, maxAnswerValues, remedy)
	}
	return nil
}

// addSelection adds the selected fields of a type. parents is the maximum number of objects of the type.
// everyType reports that the objects are all types of the schema, each of them once.
func (m *meter) addSelection(
	set ast.SelectionSet, typeName string, parents int64, everyType bool, sizes sizeFunc,
) {
	for _, field := range graphql.CollectFields(m.opCtx, set, []string{typeName}) {
		if m.addField(field, typeName, parents, everyType, sizes); m.exceeded() {
			return
		}
	}
}

func (m *meter) addField(
	field graphql.CollectedField, typeName string, parents int64, everyType bool, sizes sizeFunc,
) {
	m.bytes += parents * int64(len(field.Alias)+len(`"":,`))
	m.values += max(1, parents) // also for an empty list, so that the addition ends
	if field.Name == "__typename" {
		m.bytes += parents * int64(len(typeName)+2)
		return
	}
	coordinate := typeName + "." + field.Name
	total, known := int64(0), false
	if sizes != nil {
		total, known = sizes(coordinate)
	}
	named := m.schema.Types[field.Definition.Type.Name()]
	leaf := named.Kind == ast.Scalar || named.Kind == ast.Enum
	switch {
	case leaf && known:
		m.bytes += total
		return
	case leaf:
		m.bytes += parents * leafBytes(m.schemaSizes, coordinate, named.Name)
		return
	}
	items := parents
	if field.Definition.Type.Elem != nil {
		if items = total; !known {
			items, everyType = m.schemaSizes.items(coordinate, parents, everyType)
		}
		m.bytes += 2*parents + items // brackets and commas
	} else {
		everyType = false
	}
	m.bytes += items * int64(len(`{},`))
	m.addSelection(field.Selections, named.Name, items, everyType, sizes)
}

// rootType returns the name of the type whose fields the operation selects.
func (m *meter) rootType() string {
	if m.opCtx.Operation.Operation == ast.Mutation {
		return "Mutation"
	}
	return "Query"
}

// measureFields returns the root fields of a request and the demand of each.
func (m *meter) measureFields(h *handler) (fields []graphql.CollectedField, demands []demand, err error) {
	fields = graphql.CollectFields(m.opCtx, m.opCtx.Operation.SelectionSet, []string{m.rootType()})
	counts := make(map[string]int, len(fields))
	demands = make([]demand, len(fields))
	for i, field := range fields {
		if field.Name == "__typename" {
			continue
		}
		declared, known := rootFields[field.Name]
		if !known {
			return nil, nil, newError(badRequest,
				"%s is not available: its cost is not declared", field.Name)
		}
		if counts[field.Name]++; declared.once && counts[field.Name] > 1 {
			return nil, nil, newError(badRequest,
				"a request may have one %s and this one has more: send them one by one", field.Name)
		}
		if demands[i], err = declared.measure(h, field.ArgumentMap(m.opCtx.Variables)); err != nil {
			return nil, nil, err
		}
	}
	return fields, demands, nil
}

// checkAnswer adds up the cost of the answer and rejects a request whose answer is over a limit.
func (m *meter) checkAnswer(fields []graphql.CollectedField, demands []demand) error {
	for i, field := range fields {
		m.addField(field, m.rootType(), 1, false, demands[i].sizes)
	}
	if err := m.err(); err != nil {
		return err
	}
	return nil
}
