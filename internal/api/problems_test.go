package api

import (
	"encoding/json"
	"strings"
	"testing"

	"customer-events/internal/events"
	"customer-events/internal/strictjson"
)

// wrong are so many events with so many problems each.
func wrong(n, problems int, description string, path ...string) []events.UnprocessedCustomerEvent {
	list := make([]events.UnprocessedCustomerEvent, n)
	for i := range list {
		list[i].Problems = make([]events.EventProblem, problems)
		for k := range list[i].Problems {
			list[i].Problems[k] = events.EventProblem{Path: path, ErrorDescription: description}
		}
	}
	return list
}

func TestProblemsOfACallAreBounded(t *testing.T) {
	t.Parallel()
	usual := strings.Repeat("x", 130)
	for _, c := range []struct {
		name           string
		list           []events.UnprocessedCustomerEvent
		first, last    int // how many problems these events keep
		allOfThem, sum int
	}{
		{"one event", wrong(1, 110, usual, "udfString1"), 110, 110, 1, 110},
		{"a few", wrong(4, 100, usual, "udfString1"), 100, 100, 4, 400},
		{"every field of every event", wrong(1000, 26, usual, "rewardsParticipantIdentifier"), 26, 26, 1000, 26000},
		{"too many", wrong(1000, 100, usual, "udfString1"), 100, 1, 0, 30400},
		{"too long", wrong(1000, 26, strings.Repeat(`"`, 600), "udfString1"), 26, 1, 0, 0},
		{"paths that are too long", wrong(1000, 26, usual, strings.Repeat("\x7f", 100)), 26, 1, 0, 0},
		{"none", nil, 0, 0, 0, 0},
	} {
		sent := max(len(c.list), 1)
		BoundProblems(c.list, sent)
		sum, texts, paths := 0, 0, 0
		for _, event := range c.list {
			sum += len(event.Problems)
			for _, p := range event.Problems {
				texts += len(strictjson.AppendText(nil, p.ErrorDescription))
				paths += len(strictjson.AppendList(nil, len(p.Path), func(to []byte, n int) []byte { return strictjson.AppendText(to, p.Path[n]) }))
			}
		}
		most := MostProblems(sent)
		if int64(sum) > most.Count || int64(texts) > most.DescriptionBytes || int64(paths) > most.PathBytes || c.sum > 0 && sum != c.sum {
			t.Errorf("%s: %d problems of %d and %d bytes, the bound is %+v", c.name, sum, texts, paths, most)
		}
		if n := len(c.list); n > 0 && (len(c.list[0].Problems) != c.first || len(c.list[n-1].Problems) != c.last) {
			t.Errorf("%s: the first event has %d, the last %d", c.name, len(c.list[0].Problems), len(c.list[n-1].Problems))
		}
	}
	for _, text := range []string{"", "a", "ä😀", "\"\\", "\x00\x1f\n\t\r\x7f", "<&>\u2028"} {
		ours := len(strictjson.AppendText(nil, text))
		others, _ := json.Marshal(text)
		if TextBytes(text) != int64(ours) || strings.Trim(text, "<&>\u2028") != "" && TextBytes(text) < int64(len(others)) {
			t.Errorf("%q: %d, written by %d bytes", text, TextBytes(text), ours)
		}
	}
}
