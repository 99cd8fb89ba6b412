package graph

import (
	"context"
	"io"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"customer-events/graph/model"
	"customer-events/internal/events"
	"customer-events/internal/strictjson"
)

// encodeBulk writes the answer of the bulk mutation by hand. gqlgen would make a goroutine and some fifty allocations of each of a
// thousand events, a fifth of all that a call costs (bench/README.md). Where the events themselves are selected, which nobody
// does who is in a hurry, and for every other field, gqlgen goes on as usual.
func (h *handler) encodeBulk(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
	field := graphql.GetRootFieldContext(ctx).Field
	if field.Name != "createWebCustomerEvents" {
		return next(ctx)
	}
	opCtx := graphql.GetOperationContext(ctx)
	payload := graphql.CollectFields(opCtx, field.Selections, []string{field.Definition.Type.Name()})
	inner := make([][]graphql.CollectedField, len(payload))
	for i := range payload {
		inner[i] = graphql.CollectFields(opCtx, payload[i].Selections, []string{payload[i].Definition.Type.Name()})
		for _, f := range inner[i] {
			if f.Name == "event" {
				return next(ctx)
			}
		}
	}
	var input model.CreateWebCustomerEventsInput
	err := input.UnmarshalGQL(field.ArgumentMap(opCtx.Variables)["input"])
	var answer *model.Outcome
	if err == nil {
		answer, err = h.createCounted(ctx, input)
	}
	if err != nil {
		graphql.AddError(ctx, &gqlerror.Error{Err: err, Message: err.Error(), Path: ast.Path{ast.PathName(field.Alias)}})
		return graphql.Null
	}
	out := appendObject(make([]byte, 0, 256+len(answer.ProcessedCustomerEventsSet)*160+len(answer.UnprocessedCustomerEventsSet)*400), payload, "CreateWebCustomerEventsPayload",
		func(to []byte, i int) []byte {
			switch payload[i].Name {
			case "processedCustomerEventsSet":
				return strictjson.AppendList(to, len(answer.ProcessedCustomerEventsSet), func(to []byte, n int) []byte {
					return appendProcessed(to, inner[i], answer.ProcessedCustomerEventsSet[n].ProcessedCustomerEvent)
				})
			case "unprocessedCustomerEventsSet":
				return strictjson.AppendList(to, len(answer.UnprocessedCustomerEventsSet), func(to []byte, n int) []byte {
					return appendUnprocessed(to, opCtx, inner[i], &answer.UnprocessedCustomerEventsSet[n])
				})
			default:
				return appendSummary(to, inner[i], answer.Summary)
			}
		})
	return graphql.WriterFunc(func(w io.Writer) { _, _ = w.Write(out) })
}

// createCounted is create, with a panic made an error as gqlgen does for its own resolvers.
func (h *handler) createCounted(ctx context.Context, input model.CreateWebCustomerEventsInput) (answer *model.Outcome, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = h.recovered(ctx, cause)
		}
	}()
	return h.create(ctx, input)
}

// payloadTypes are the types that fragments inside the answer may be on.
var payloadTypes = []string{"CreateWebCustomerEventsPayload", "ProcessedCustomerEvent", "UnprocessedCustomerEvent", "BatchSummary", "EventProblem"}

func appendProcessed(to []byte, fields []graphql.CollectedField, p *events.ProcessedCustomerEvent) []byte {
	return appendObject(to, fields, "ProcessedCustomerEvent", func(to []byte, i int) []byte {
		switch fields[i].Name {
		case "requestUniqueIdentifier":
			return strictjson.AppendText(to, p.RequestUniqueIdentifier)
		case "id":
			return strictjson.AppendText(to, p.ID)
		case "number":
			return strictjson.AppendText(to, p.Number)
		case "replayed":
			return strconv.AppendBool(to, p.Replayed)
		default:
			return strconv.AppendInt(to, int64(p.Index), 10)
		}
	})
}

func appendUnprocessed(to []byte, opCtx *graphql.OperationContext, fields []graphql.CollectedField, u *events.UnprocessedCustomerEvent) []byte {
	return appendObject(to, fields, "UnprocessedCustomerEvent", func(to []byte, i int) []byte {
		switch fields[i].Name {
		case "requestUniqueIdentifier":
			if u.RequestUniqueIdentifier == nil {
				return append(to, "null"...)
			}
			return strictjson.AppendText(to, *u.RequestUniqueIdentifier)
		case "index":
			return strconv.AppendInt(to, int64(u.Index), 10)
		case "errorCode":
			return strictjson.AppendText(to, string(u.ErrorCode))
		case "errorDescription":
			return strictjson.AppendText(to, u.ErrorDescription)
		case "retryable":
			return strconv.AppendBool(to, u.Retryable)
		default:
			problem := graphql.CollectFields(opCtx, fields[i].Selections, []string{"EventProblem"})
			return strictjson.AppendList(to, len(u.Problems), func(to []byte, n int) []byte { return appendProblem(to, problem, &u.Problems[n]) })
		}
	})
}

func appendProblem(to []byte, fields []graphql.CollectedField, p *events.EventProblem) []byte {
	return appendObject(to, fields, "EventProblem", func(to []byte, i int) []byte {
		switch fields[i].Name {
		case "path":
			return strictjson.AppendList(to, len(p.Path), func(to []byte, n int) []byte { return strictjson.AppendText(to, p.Path[n]) })
		case "errorCode":
			return strictjson.AppendText(to, string(p.ErrorCode))
		default:
			return strictjson.AppendText(to, p.ErrorDescription)
		}
	})
}

func appendSummary(to []byte, fields []graphql.CollectedField, s events.BatchSummary) []byte {
	counts := map[string]int{"received": s.Received, "processed": s.Processed, "replayed": s.Replayed, "unprocessed": s.Unprocessed}
	return appendObject(to, fields, "BatchSummary", func(to []byte, i int) []byte {
		return strconv.AppendInt(to, int64(counts[fields[i].Name]), 10)
	})
}

// appendObject writes the selected fields of an object, in the order of the selection.
func appendObject(to []byte, fields []graphql.CollectedField, typeName string, value func(to []byte, i int) []byte) []byte {
	to = append(to, '{')
	for i := range fields {
		if i > 0 {
			to = append(to, ',')
		}
		to = append(strictjson.AppendText(to, fields[i].Alias), ':')
		if fields[i].Name == "__typename" {
			to = strictjson.AppendText(to, typeName)
		} else {
			to = value(to, i)
		}
	}
	return append(to, '}')
}
