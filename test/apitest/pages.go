package apitest

import "testing"

// EventFields select all fields of an event.
const EventFields = ` id number type lifeCycleState
	accountsReceivable { id number name } rewardsParticipant { id number }
	classification { id name alternativeCode } performedByUnit { id name alternativeCode }
	performedOn website description externalSystem externalSystemReferenceNumber
	udfString1 udfString2 udfString3 udfString4 udfString5 udfString6 udfString7 udfString8
	udfFloat1 udfFloat2 udfFloat3 udfFloat4
	udfDate1 udfDate2 udfDate3 udfDate4 createdAt createdBy `

// Connection is one page of events with its cursors.
type Connection struct {
	Nodes    []Object
	Edges    []struct{ Cursor string }
	PageInfo struct {
		HasNextPage, HasPreviousPage bool
		StartCursor, EndCursor       *string
	}
}

// Connection queries one page of events.
func (s *Server) Connection(t *testing.T, variables Object) Connection {
	t.Helper()
	return Ask[Connection](t, s, "webCustomerEvents",
		`query ($first: Int, $after: String, $filter: WebCustomerEventFilter) {
		webCustomerEvents(first: $first, after: $after, filter: $filter) { nodes {`+EventFields+
			`} edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`,
		variables)
}

// Page returns up to 500 events that match a filter, newest first.
func (s *Server) Page(t *testing.T, filter Object) []Object {
	t.Helper()
	return s.Connection(t, Object{"first": 500, "filter": filter}).Nodes
}

// MarkField is the field by which tests identify the events of a file.
const MarkField = "udfString1"

// CountStored reads all events back, and counts them by their mark.
func (s *Server) CountStored(t *testing.T) map[string]int {
	t.Helper()
	counts := make(map[string]int)
	for after := any(nil); ; {
		page := Ask[struct {
			Nodes    []map[string]string
			PageInfo struct {
				HasNextPage bool
				EndCursor   string
			}
		}](t, s, "webCustomerEvents",
			`query ($after: String) { webCustomerEvents(first: 500, after: $after) { nodes { `+MarkField+
				` } pageInfo { hasNextPage endCursor } } }`, Object{"after": after})
		for _, node := range page.Nodes {
			counts[node[MarkField]]++
		}
		if !page.PageInfo.HasNextPage {
			return counts
		}
		after = page.PageInfo.EndCursor
	}
}
