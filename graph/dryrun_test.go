package graph_test

import (
	"encoding/json"
	"testing"
)

// TestCheck_Summary checks that the dry run has the numbers that the mutation has.
func TestCheck_Summary(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	const declared = `($input: CreateWebCustomerEventsInput!) `
	const selection = `(input: $input) { summary { received processed replayed unprocessed } } }`
	const reference = `,"externalSystem":"s","externalSystemReferenceNumber":"1"},`
	variables := `{"input":{"webCustomerEventsSet":[` + good("a") + reference + good("b") + reference +
		good("c") + `,"udfFloat1":"x"}]}}`
	for range 2 {
		checked := a.post(t, `query `+declared+`{ x: checkWebCustomerEvents`+selection, variables)
		created := a.post(t, `mutation `+declared+`{ x: createWebCustomerEvents`+selection, variables)
		var summary struct {
			Summary struct{ Received, Unprocessed int }
		}
		if err := json.Unmarshal(checked.Data["x"], &summary); err != nil || summary.Summary.Received != 3 ||
			summary.Summary.Unprocessed != 1 || string(checked.Data["x"]) != string(created.Data["x"]) {
			t.Errorf("checked %s, created %s", checked.text, created.text)
		}
	}
}
