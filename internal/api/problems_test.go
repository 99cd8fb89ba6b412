package api

import (
	"encoding/json"
	"strings"
	"testing"

	"customer-events/internal/events"
	"customer-events/internal/strictjson"
)

// unprocessed returns n unprocessed events with so many problems each.
func unprocessed(n, problems int, description string, path ...string) []events.UnprocessedCustomerEvent {
	list := make([]events.UnprocessedCustomerEvent, n)
	for i := range list {
		list[i].Problems = make([]events.EventProblem, problems)
		for k := range list[i].Problems {
			list[i].Problems[k] = events.EventProblem{Path: path, ErrorDescription: description}
		}
	}
	return list
}

func TestBoundProblems(t *testing.T) {
	t.Parallel()
	usual := strings.Repeat("x", 130)
	for _, c := range []struct {
		name        string
		list        []events.UnprocessedCustomerEvent
		first, last int // the number of problems that these events keep
		sum         int // the number of problems that all events keep; 0 is any
	}{
		{"one event", unprocessed(1, 110, usual, "udfString1"), 110, 110, 110},
		{"a few", unprocessed(4, 100, usual, "udfString1"), 100, 100, 400},
		{"every field", unprocessed(1000, 26, usual, "rewardsParticipantIdentifier"), 26, 26, 26000},
		{"too many", unprocessed(1000, 100, usual, "udfString1"), 100, 1, 30400},
		{"too long", unprocessed(1000, 26, strings.Repeat(`"`, 600), "udfString1"), 26, 1, 0},
		{"paths that are too long", unprocessed(1000, 26, usual, strings.Repeat("\x7f", 100)), 26, 1, 0},
		{"none", nil, 0, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			sent := max(len(c.list), 1)
			BoundProblems(c.list, sent)
			sum, descriptions, paths := 0, 0, 0
			for _, event := range c.list {
				sum += len(event.Problems)
				for _, p := range event.Problems {
					appendName := func(to []byte, n int) []byte {
						return strictjson.AppendText(to, p.Path[n])
					}
					descriptions += len(strictjson.AppendText(nil, p.ErrorDescription))
					paths += len(strictjson.AppendList(nil, len(p.Path), appendName))
				}
			}
			limits := MaxProblems(sent)
			if int64(sum) > limits.Count || int64(descriptions) > limits.DescriptionBytes ||
				int64(paths) > limits.PathBytes || c.sum > 0 && sum != c.sum {
				t.Errorf("%d problems of %d and %d bytes, the limits are %+v",
					sum, descriptions, paths, limits)
			}
			if len(c.list) == 0 {
				return
			}
			first, last := len(c.list[0].Problems), len(c.list[len(c.list)-1].Problems)
			if first != c.first || last != c.last {
				t.Errorf("the first event has %d, the last %d", first, last)
			}
		})
	}
	for _, text := range []string{"", "a", "ä😀", "\"\\", "\x00\x1f\n\t\r\x7f", "<&>\u2028"} {
		ours := len(strictjson.AppendText(nil, text))
		others, _ := json.Marshal(text)
		tooShort := strings.Trim(text, "<&>\u2028") != "" && TextBytes(text) < int64(len(others))
		if TextBytes(text) != int64(ours) || tooShort {
			t.Errorf("%q: %d, written as %d bytes", text, TextBytes(text), ours)
		}
	}
}
