package graph

import (
	"context"
	"io"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"customer-events/graph/model"
	"customer-events/internal/events"
	"customer-events/internal/strictjson"
)

// encodeBulk is the root field middleware that encodes the answer of createWebCustomerEvents without
// gqlgen. gqlgen would start a goroutine and make some fifty allocations for each of a thousand events: a
// fifth of the cost of the call (test/bench/README.md). gqlgen encodes every other root field, and every
// selection with a field that the tables in events do not have, such as `event`.
func (h *handler) encodeBulk(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
	field := graphql.GetRootFieldContext(ctx).Field
	if field.Name != "createWebCustomerEvents" {
		return next(ctx)
	}
	opCtx := graphql.GetOperationContext(ctx)
	encoder := payloadEncoder(opCtx, field.Selections)
	if encoder == nil {
		return next(ctx)
	}
	var input model.CreateWebCustomerEventsInput
	err := input.UnmarshalGQL(field.ArgumentMap(opCtx.Variables)["input"])
	var outcome *model.Outcome
	if err == nil {
		outcome, err = h.createRecovered(ctx, input)
	}
	if err != nil {
		path := ast.Path{ast.PathName(field.Alias)}
		graphql.AddError(ctx, &gqlerror.Error{Err: err, Message: err.Error(), Path: path})
		return graphql.Null
	}
	size := 256 + len(outcome.ProcessedCustomerEventsSet)*160 + len(outcome.UnprocessedCustomerEventsSet)*400
	data := encoder.Append(make([]byte, 0, size), outcome)
	return graphql.WriterFunc(func(w io.Writer) { _, _ = w.Write(data) })
}

// createRecovered calls create and turns a panic into an error, as gqlgen does for its own resolvers.
func (h *handler) createRecovered(
	ctx context.Context, input model.CreateWebCustomerEventsInput,
) (outcome *model.Outcome, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = h.recovered(ctx, cause)
		}
	}()
	return h.create(ctx, input)
}

// payloadTypes are the types that fragments in the payload's selection may name.
var payloadTypes = []string{
	"CreateWebCustomerEventsPayload",
	"ProcessedCustomerEvent",
	"UnprocessedCustomerEvent",
	"BatchSummary",
	"EventProblem",
}

// payloadEncoder returns the encoder of the selected fields, or nil if gqlgen must encode one of them.
func payloadEncoder(
	opCtx *graphql.OperationContext, selections ast.SelectionSet,
) *events.ObjectEncoder[model.Outcome] {
	return objectEncoder(opCtx, selections, "CreateWebCustomerEventsPayload",
		func(field graphql.CollectedField) events.AppendFunc[model.Outcome] {
			switch field.Name {
			case "processedCustomerEventsSet":
				if row := rowEncoder(opCtx, field, events.ProcessedFields); row != nil {
					return func(to []byte, o *model.Outcome) []byte {
						set := o.ProcessedCustomerEventsSet
						return strictjson.AppendList(to, len(set), func(to []byte, n int) []byte {
							return row.Append(to, set[n].ProcessedCustomerEvent)
						})
					}
				}
			case "unprocessedCustomerEventsSet":
				if row := unprocessedEncoder(opCtx, field); row != nil {
					return func(to []byte, o *model.Outcome) []byte {
						return row.AppendList(to, o.UnprocessedCustomerEventsSet)
					}
				}
			case "summary":
				if row := rowEncoder(opCtx, field, events.SummaryFields); row != nil {
					return func(to []byte, o *model.Outcome) []byte { return row.Append(to, &o.Summary) }
				}
			}
			return nil
		})
}

// unprocessedEncoder returns the encoder of an unprocessed event, whose problems are rows themselves.
func unprocessedEncoder(
	opCtx *graphql.OperationContext, field graphql.CollectedField,
) *events.ObjectEncoder[events.UnprocessedCustomerEvent] {
	return objectEncoder(opCtx, field.Selections, field.Definition.Type.Name(),
		func(field graphql.CollectedField) events.AppendFunc[events.UnprocessedCustomerEvent] {
			if field.Name != "problems" {
				return outputField(events.UnprocessedFields, field.Name)
			}
			if problem := rowEncoder(opCtx, field, events.ProblemFields); problem != nil {
				return events.AppendProblems(problem)
			}
			return nil
		})
}

// rowEncoder returns the encoder of the fields selected from a table, or nil if the table lacks one.
func rowEncoder[Row any](
	opCtx *graphql.OperationContext, field graphql.CollectedField, table []events.OutputField[Row],
) *events.ObjectEncoder[Row] {
	return objectEncoder(opCtx, field.Selections, field.Definition.Type.Name(),
		func(field graphql.CollectedField) events.AppendFunc[Row] { return outputField(table, field.Name) })
}

// outputField returns the function that appends the named field, or nil if the table does not have it.
func outputField[Row any](table []events.OutputField[Row], name string) events.AppendFunc[Row] {
	for i := range table {
		if table[i].Names[events.CamelCase] == name {
			return table[i].Append
		}
	}
	return nil
}

// objectEncoder returns the encoder of the fields that are selected of a type. find returns the function
// that appends a field, or nil if the field is unknown; the encoder is nil then.
func objectEncoder[Row any](
	opCtx *graphql.OperationContext, selections ast.SelectionSet, typeName string,
	find func(graphql.CollectedField) events.AppendFunc[Row],
) *events.ObjectEncoder[Row] {
	encoder := new(events.ObjectEncoder[Row])
	for _, field := range graphql.CollectFields(opCtx, selections, []string{typeName}) {
		value := find(field)
		if field.Name == "__typename" {
			value = func(to []byte, _ *Row) []byte { return strictjson.AppendText(to, typeName) }
		}
		if value == nil {
			return nil
		}
		encoder.Add(field.Alias, value)
	}
	return encoder
}
