package graph_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	gql "github.com/vektah/gqlparser/v2/ast"

	"customer-events/graph"
)

var (
	seed = flag.Uint64("seed", 0, "the seed of random documents and of random calls; 0 takes one "+
		"from the clock")
	documents = flag.Int("documents", 60, "how many random documents are sent")
)

// writer generates random documents.
type writer struct {
	*rand.Rand
	schema    *gql.Schema
	fragments []string
	// by holds the names of the fragments on a type.
	by      map[string][]string
	aliases int
	// every is the probability that a field is selected, in percent.
	every int
}

func (w *writer) alias() string {
	if w.aliases >= 24 || w.IntN(3) > 0 {
		return ""
	}
	w.aliases++
	return fmt.Sprintf("a%d%s: ", w.aliases, strings.Repeat("x", w.IntN(3)*w.IntN(40)))
}

// selection writes a random selection of a type, and sometimes a fragment for other selections of the type.
func (w *writer) selection(typeName string, depth int) string {
	if known := w.by[typeName]; len(known) > 0 && w.IntN(3) == 0 {
		return "{ ..." + known[w.IntN(len(known))] + " }"
	}
	var b strings.Builder
	for _, field := range w.schema.Types[typeName].Fields {
		for n := 1 + w.IntN(2)*w.IntN(3)*w.IntN(3); n > 0; n-- {
			if w.IntN(100) >= w.every || strings.HasPrefix(field.Name, "__") {
				continue
			}
			named := w.schema.Types[field.Type.Name()]
			switch {
			case named.Kind == gql.Scalar || named.Kind == gql.Enum:
				b.WriteString(" " + w.alias() + field.Name)
			case depth > 0:
				alias := w.alias()
				if alias == "" && strings.Contains(b.String(), " "+field.Name+" ") {
					continue
				}
				b.WriteString(" " + alias + field.Name + " " + w.selection(named.Name, depth-1))
			}
		}
	}
	set := "{ __typename" + b.String() + " }"
	if w.IntN(2) == 0 {
		name := fmt.Sprintf("f%d", len(w.fragments))
		w.by[typeName] = append(w.by[typeName], name)
		w.fragments = append(w.fragments, "fragment "+name+" on "+typeName+" "+set)
		return "{ ..." + name + " }"
	}
	return set
}

// document writes a random operation. Some operations exceed the limit of aliases or tokens.
func (w *writer) document() string {
	w.fragments, w.by, w.aliases, w.every = nil, map[string][]string{}, 0, 20+w.IntN(81)
	operation, mutation := "query", w.IntN(3) == 0
	var b strings.Builder
	for n := range 1 + w.IntN(3)*w.IntN(4) {
		root := w.IntN(6)
		name := fmt.Sprintf(" r%d: ", n)
		switch {
		case mutation:
			b.WriteString(name + fmt.Sprintf("createWebCustomerEvents(input: $i%d) ", w.IntN(2)) +
				w.selection("CreateWebCustomerEventsPayload", 4))
		case root == 0:
			b.WriteString(name + fmt.Sprintf("checkWebCustomerEvents(input: $i%d) ", w.IntN(2)) +
				w.selection("CheckWebCustomerEventsPayload", 4))
		case root == 1:
			b.WriteString(name + "__schema " + w.selection("__Schema", 1+w.IntN(5)))
		case root == 2:
			b.WriteString(name + `webCustomerEvent(by: {number: "3"}) ` + w.selection("WebCustomerEvent", 3))
		default:
			first := []string{"500", "null", "$first", "$default", fmt.Sprint(1 + w.IntN(500))}[w.IntN(5)]
			b.WriteString(name + "webCustomerEvents(first: " + first + ") " +
				w.selection("WebCustomerEventConnection", 4))
		}
	}
	if mutation {
		operation = "mutation"
	}
	variables := ""
	for _, v := range []string{
		"$i0: CreateWebCustomerEventsInput!",
		"$i1: CreateWebCustomerEventsInput!",
		"$first: Int",
		"$default: Int = 400",
	} {
		if name, _, _ := strings.Cut(v, ":"); strings.Contains(b.String(), name) {
			variables += " " + v
		}
	}
	if variables != "" {
		variables = " (" + variables + ")"
	}
	return operation + variables + " {" + b.String() + " } " + strings.Join(w.fragments, " ")
}

// inputs writes random sets of events: valid ones, long ones, and ones with as many problems as possible.
func (w *writer) inputs() string {
	set := func() string {
		list := make([]string, []int{1, 30, 170, 500, 1000}[w.IntN(5)])
		size, kind := 0, w.IntN(4)
		for i := range list {
			switch {
			case size > 3<<20 || kind == 0:
				list[i] = good(fmt.Sprint(w.IntN(1e6))) + "}"
			case kind == 1:
				list[i] = worst(fmt.Sprint(w.IntN(1e6))) + "}"
			case kind == 2:
				var b strings.Builder
				for k := range 100 {
					fmt.Fprintf(&b, `"\"\\%d":1,`, k)
				}
				list[i] = "{" + b.String() + `"requestUniqueIdentifier":"\"\\` + longest(253) + `"}`
			default:
				list[i] = `{"website":1,"udfDate1":"\"","requestUniqueIdentifier":"` +
					strings.Repeat(`\u0001`, w.IntN(3000)) + `"}`
			}
			size += len(list[i])
		}
		return `{"webCustomerEventsSet":[` + strings.Join(list, ",") + `]}`
	}
	return `{"i0":` + set() + `,"i1":` + set() + `}`
}

// TestCost_RandomDocuments compares the computed cost of accepted requests with the real length of their
// answers, and limits the memory. It is not parallel, so that no other test uses memory at the same time.
func TestCost_RandomDocuments(t *testing.T) {
	if testing.Short() {
		t.Skip("long: it runs without the race detector")
	}
	debug.SetGCPercent(400) // as the server has it
	defer debug.SetGCPercent(100)
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(180 << 20))
	a := worstAPI(t)
	given := *seed
	if given == 0 {
		given = uint64(time.Now().UnixNano())
	}
	t.Logf("go test ./graph -run %s -seed %d", t.Name(), given)
	w := &writer{Rand: rand.New(rand.NewPCG(given, 0)), schema: schema()}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var peak atomic.Uint64
	go func() {
		for ctx.Err() == nil {
			peak.Store(max(peak.Load(), memory()))
			time.Sleep(2 * time.Millisecond)
		}
	}()
	n := *documents
	through, rejected, longestAnswer := 0, 0, 0
	for range n {
		query := w.document()
		for len(query) > 6000 { // or else too many of them have too many tokens
			query = w.document()
		}
		variables := w.inputs()
		bytes, values, ok := graph.Cost(a.handler, query, variables)
		r := a.post(t, query, variables, "Accept", newMedia)
		message := ""
		if len(r.Errors) > 0 {
			message = r.Errors[0].Message
		}
		switch {
		case r.code() == "INTERNAL_SERVER_ERROR" || len(r.text) > graph.MaxAnswerBytes+1000:
			t.Errorf("%d bytes %.300s\nof %s", len(r.text), r.text, query)
		case r.code() == "GRAPHQL_VALIDATION_FAILED" && ok && bytes > graph.MaxAnswerBytes:
			rejected++ // while it was written
		case r.status == 200 && (!ok || int64(len(r.text)) > bytes+1000*int64(1+len(r.Errors))):
			t.Errorf("%d bytes, computed were %d (%v)\nof %s", len(r.text), bytes, ok, query)
		case r.status == 200:
			through++
			longestAnswer = max(longestAnswer, len(r.text))
		default:
			rejected++
		}
		t.Logf("%d: cost %d bytes, %d values; answer %d bytes %s; peak %d MB; %.150s", r.status, bytes,
			values, len(r.text), r.code(), peak.Load()>>20, message)
	}
	if through < n/5 || rejected == 0 || longestAnswer < 1<<20 {
		t.Errorf("%d accepted, %d rejected; the longest answer has %d bytes: too few to prove anything",
			through, rejected, longestAnswer)
	}
	if peak.Load() > 300<<20 {
		t.Errorf("the memory got %d MB", peak.Load()>>20)
	}
}

// peakOf returns the peak memory of the process while run runs.
func peakOf(run func()) uint64 {
	var peak atomic.Uint64
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			peak.Store(max(peak.Load(), memory()))
			time.Sleep(2 * time.Millisecond)
		}
	}()
	run()
	cancel()
	<-ended
	return peak.Load()
}

// memory returns the memory that the process has from the system.
func memory() uint64 {
	samples := []metrics.Sample{
		{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
	}
	metrics.Read(samples)
	return samples[0].Value.Uint64() - samples[1].Value.Uint64()
}
