package events_test

import (
	"testing"

	"customer-events/internal/events"
	"customer-events/internal/strictjson"
)

func TestDecodeBatch_Shapes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct{ sent, invalid int }{
		`[]`:                                  {0, 0},
		`null`:                                {0, 0}, // an empty list, as in GraphQL
		`[null]`:                              {1, 1},
		minimalEvent().String():               {1, 0}, // a list of one, as in GraphQL
		`7`:                                   {1, 1},
		`[` + minimalEvent().String() + `,7]`: {2, 1},
		`[[` + minimalEvent().String() + `]]`: {1, 1},
		` [ null , null , {} , "x" ]  `:       {4, 4},
	} {
		set, err := newDecoder().DecodeBatch(strictjson.New(text))
		invalid := 0
		for _, in := range set.Events {
			if len(in.Problems) > 0 {
				invalid++
			}
		}
		if err != nil || set.Received != want.sent || len(set.Events) != want.sent ||
			invalid != want.invalid {
			t.Errorf(
				"%s: %d sent, %d events, %d invalid, %v, want %+v",
				text,
				set.Received,
				len(set.Events),
				invalid,
				err,
				want,
			)
		}
	}
}

func TestDecodeBatch_TooManyEvents(t *testing.T) {
	t.Parallel()
	texts := make([]string, 1500)
	for i := range texts {
		texts[i] = minimalEvent().String()
	}
	if set := decodeTexts(t, texts...); set.Received != 1500 || len(set.Events) != events.MaxEventsPerCall {
		t.Errorf("%d sent, %d read", set.Received, len(set.Events))
	}
}

func TestSpellings_WebAPIBatch(t *testing.T) {
	t.Parallel()
	d := newDecoder()
	d.FieldNames = events.SnakeCase
	set, err := d.DecodeBatch(
		strictjson.New(
			`[{"request_unique_identifier":"06","accounts_receivable_identifier":{"number":"ACR0000000020"},
		"performed_by_unit_identifier":{"name":"Admin Unit"},
		"performed_on":"2016-06-22T15:00:00","website":"www.crm.com"}]`,
		),
	)
	if err != nil || len(set.Events) != 1 {
		t.Fatalf("%d events, %v", len(set.Events), err)
	}
	mustBeValid(t, set.Events[0])
}
