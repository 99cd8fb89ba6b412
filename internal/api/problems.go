package api

import "customer-events/internal/events"

// ProblemLimits limit the problems in the response to one call: their number, and the bytes of JSON of
// their descriptions and of their paths. A call with a wrong value in every field of every event uses
// less than half of them. Without the limits, a body of 0.7 MB with unknown fields only would get a
// response of 60 MB.
type ProblemLimits struct {
	Count, DescriptionBytes, PathBytes int64
}

// MaxProblems returns the limits for a call of so many events.
func MaxProblems(sent int) ProblemLimits {
	n := int64(sent)
	return ProblemLimits{Count: 400 + 30*n, DescriptionBytes: 120_000 + 4000*n, PathBytes: 40_000 + 1000*n}
}

// BoundProblems shortens the problems of a call's unprocessed events to MaxProblems. Every event keeps
// its first problem. The remaining space goes to the other problems in the order of the events.
func BoundProblems(unprocessed []events.UnprocessedCustomerEvent, sent int) {
	left := MaxProblems(sent)
	for i := range unprocessed {
		left.take(&unprocessed[i].Problems[0])
	}
	full := false
	for i := range unprocessed {
		all := unprocessed[i].Problems
		for k := 1; k < len(all); k++ {
			if full = full || !left.take(&all[k]); full {
				unprocessed[i].Problems = all[:k:k]
				break
			}
		}
	}
}

// take subtracts a problem from the limits. It reports whether the problem was within them.
func (p *ProblemLimits) take(problem *events.EventProblem) bool {
	p.Count--
	p.DescriptionBytes -= TextBytes(problem.ErrorDescription)
	p.PathBytes -= int64(len(`[]`))
	for _, name := range problem.Path {
		p.PathBytes -= TextBytes(name) + int64(len(`,`))
	}
	return p.Count >= 0 && p.DescriptionBytes >= 0 && p.PathBytes >= 0
}

// TextBytes returns an upper bound of the length of a text in JSON, quotation marks included.
func TextBytes(text string) int64 {
	n := len(text) + len(`""`)
	for i := 0; i < len(text); i++ {
		switch b := text[i]; {
		case b < ' ', b == 0x7f:
			n += len(`\u0000`) - 1
		case b == '"', b == '\\':
			n++
		}
	}
	return int64(n)
}
