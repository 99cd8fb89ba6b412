package api

import "customer-events/internal/events"

// Problems bound what the answer to one call says of its unprocessed events: how many problems, and how
// many bytes of JSON their descriptions and their paths have together. Whoever fills every field of every
// event with something wrong stays below half of it. Without the bound a body of 0.7 MB that holds
// nothing but unknown fields would be answered by 60 MB.
type Problems struct {
	Count, DescriptionBytes, PathBytes int64
}

// MostProblems is the bound for a call of so many events.
func MostProblems(sent int) Problems {
	n := int64(sent)
	return Problems{Count: 400 + 30*n, DescriptionBytes: 120_000 + 4000*n, PathBytes: 40_000 + 1000*n}
}

// BoundProblems shortens the problems of a call's unprocessed events to MostProblems. Every event keeps
// its first problem, and as many of the others as there is room for, the first events first.
func BoundProblems(unprocessed []events.UnprocessedCustomerEvent, sent int) {
	left := MostProblems(sent)
	for i := range unprocessed {
		left.spend(&unprocessed[i].Problems[0])
	}
	full := false
	for i := range unprocessed {
		all := unprocessed[i].Problems
		for k := 1; k < len(all); k++ {
			if full = full || !left.spend(&all[k]); full {
				unprocessed[i].Problems = all[:k:k]
				break
			}
		}
	}
}

// spend takes a problem out of what is left, and reports whether it was.
func (p *Problems) spend(problem *events.EventProblem) bool {
	p.Count--
	p.DescriptionBytes -= TextBytes(problem.ErrorDescription)
	p.PathBytes -= int64(len(`[]`))
	for _, name := range problem.Path {
		p.PathBytes -= TextBytes(name) + int64(len(`,`))
	}
	return p.Count >= 0 && p.DescriptionBytes >= 0 && p.PathBytes >= 0
}

// TextBytes is how long a text is in JSON, quotation marks included, at the most.
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
