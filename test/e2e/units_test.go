package e2e

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"customer-events/internal/app"
	"customer-events/test/apitest"
)

// rightsModel models which user may use which unit, and which events are stored.
type rightsModel struct {
	*testing.T
	s      *apitest.Server
	random *rand.Rand
	units  map[string]map[int]bool // by user; a user without an entry may use all
	tokens map[string]string
	// recorded are all events by id; referenced are those with a reference, by it.
	recorded   map[string]modelEvent
	referenced map[string]modelEvent
	cases      int
	wrong      int
}

type modelEvent struct {
	id, number, website, ref string
	unit                     int
}

const modelUnits = 10

func (m *rightsModel) allowed(user string, unit int) bool {
	return m.units[user] == nil || m.units[user][unit]
}

func (m *rightsModel) check(ok bool, format string, args ...any) {
	m.Helper()
	m.cases++
	if !ok {
		if m.wrong++; m.wrong < 20 {
			m.Errorf(format, args...)
		}
	}
}

// createEvents sends a thousand random events of a user, and compares each answer with the model.
func (m *rightsModel) createEvents(user string) {
	m.s.Token = m.tokens[user]
	list := make([]apitest.Object, 1000)
	drawn := make([]modelEvent, len(list))
	for i := range list {
		e := modelEvent{
			unit:    m.random.IntN(modelUnits + 1),
			website: []string{"www.a.com", "www.b.com"}[m.random.IntN(2)],
		}
		identifier := []apitest.Object{
			{"id": fmt.Sprint("u", e.unit)},
			{"name": fmt.Sprint("Unit ", e.unit)},
			{"alternativeCode": fmt.Sprint("code-", e.unit)},
		}[m.random.IntN(3)]
		changes := apitest.Object{"performedByUnitIdentifier": identifier, "website": e.website}
		if m.random.IntN(3) == 0 {
			e.ref = fmt.Sprint(m.random.IntN(300))
			changes["externalSystem"], changes["externalSystemReferenceNumber"] = "rights", e.ref
		}
		drawn[i], list[i] = e, apitest.Event(fmt.Sprint(i), changes)
	}
	out := m.s.Create(m.T, list)
	processed, unprocessed := map[int]apitest.Processed{}, map[int]apitest.Unprocessed{}
	for _, p := range out.ProcessedCustomerEventsSet {
		processed[p.Index] = p
	}
	for _, u := range out.UnprocessedCustomerEventsSet {
		unprocessed[u.Index] = u
	}
	for i, e := range drawn {
		p, u := processed[i], unprocessed[i]
		var paths []string
		for _, problem := range u.Problems {
			paths = append(paths, problem.Path[0])
		}
		slices.Sort(paths)
		other, taken := m.referenced[e.ref]
		switch {
		case e.unit == modelUnits: // this unit does not exist
			m.check(u.ErrorCode == "NotFoundAPIValueException", "%s, no unit: %+v", user, u)
		case !m.allowed(user, e.unit):
			m.check(u.ErrorCode == "ForbiddenAPIValueException" &&
				p.ID == "", "%s, forbidden unit %d: %+v %+v", user, e.unit, p, u)
		case !taken || e.ref == "":
			m.check(p.ID != "" && !p.Replayed, "%s, unit %d: %+v %+v", user, e.unit, p, u)
			e.id, e.number = p.ID, p.Number
			m.recorded[e.id] = e
			if e.ref != "" {
				m.referenced[e.ref] = e
			}
		case other.unit == e.unit && other.website == e.website:
			m.check(p.ID == other.id && p.Replayed, "%s, a replay of %+v: %+v %+v", user, other, p, u)
		default:
			var want []string
			if other.unit != e.unit {
				want = append(want, "performedByUnitIdentifier")
			}
			// otherwise the answer must not reveal the difference
			if other.website != e.website && m.allowed(user, other.unit) {
				want = append(want, "website")
			}
			m.check(u.ErrorCode == "DuplicateAPIValueException" && slices.Equal(paths, want),
				"%s, the reference of %+v: %+v %+v, want %v", user, other, p, u, want)
		}
	}
}

// readEvents queries events in every way, and compares the results with the model.
func (m *rightsModel) readEvents(user string) {
	m.s.Token = m.tokens[user]
	visible := func(filter func(modelEvent) bool) map[string]bool {
		ids := map[string]bool{}
		for id, e := range m.recorded {
			if m.allowed(user, e.unit) && filter(e) {
				ids[id] = true
			}
		}
		return ids
	}
	list := func(what string, filter apitest.Object, want map[string]bool) {
		got, after := map[string]bool{}, any(nil)
		for {
			type page struct {
				Nodes    []struct{ ID string }
				PageInfo struct {
					HasNextPage bool
					EndCursor   string
				}
			}
			p := apitest.Ask[page](m.T, m.s, "webCustomerEvents",
				`query ($filter: WebCustomerEventFilter, $after: String) { webCustomerEvents(first: 500, `+
					`after: $after, filter: $filter) { nodes { id } pageInfo { hasNextPage endCursor } } }`,
				apitest.Object{"filter": filter, "after": after})
			for _, node := range p.Nodes {
				got[node.ID] = true
			}
			if after = p.PageInfo.EndCursor; !p.PageInfo.HasNextPage {
				break
			}
		}
		m.check(maps.Equal(got, want), "%s lists %d events by %s, want %d", user, len(got), what, len(want))
	}
	list("nothing", apitest.Object{}, visible(func(modelEvent) bool { return true }))
	list("account", apitest.Object{"accountsReceivable": apitest.Object{"number": "ACR0000000020"}},
		visible(func(modelEvent) bool { return true }))
	for unit := range modelUnits {
		identifier := []apitest.Object{
			{"id": fmt.Sprint("u", unit)},
			{"name": fmt.Sprint("Unit ", unit)},
			{"alternativeCode": fmt.Sprint("code-", unit)},
		}[m.random.IntN(3)]
		list(fmt.Sprint(identifier), apitest.Object{"performedByUnit": identifier},
			visible(func(e modelEvent) bool { return e.unit == unit }))
	}
	for ref, e := range m.referenced {
		if m.random.IntN(10) == 0 {
			list("reference", apitest.Object{
				"externalSystem":                "rights",
				"externalSystemReferenceNumber": ref,
			}, visible(func(other modelEvent) bool { return other.id == e.id }))
		}
	}
	n := 0
	for id, e := range m.recorded { // in random order
		if n++; n > 40 {
			break
		}
		for _, by := range []apitest.Object{{"id": id}, {"number": e.number}} {
			found := apitest.Ask[*struct{ ID string }](m.T, m.s, "webCustomerEvent",
				`query ($by: WebCustomerEventBy!) { webCustomerEvent(by: $by) { id } }`,
				apitest.Object{"by": by})
			m.check((found != nil && found.ID == id) == m.allowed(user, e.unit) && (found == nil ||
				found.ID == id), "%s reads the event of unit %d: %v", user, e.unit, found)
		}
	}
}

// TestUnits_Rights checks ten thousand generated cases: who may write for a unit and read its events, by
// every identifier.
func TestUnits_Rights(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("long: it runs without the race detector")
	}
	for name, database := range apitest.Databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &rightsModel{T: t, s: apitest.ServeDemo(t, database), random: rand.New(rand.NewPCG(1, 2)),
				units: map[string]map[int]bool{}, tokens: map[string]string{},
				recorded: map[string]modelEvent{}, referenced: map[string]modelEvent{}}
			m.tokens[app.DemoUser] = m.s.Token
			rows := "id,name,alternative_code\n"
			for unit := range modelUnits {
				rows += fmt.Sprintf("u%[1]d,Unit %[1]d,code-%[1]d\n", unit)
			}
			file := filepath.Join(t.TempDir(), "units.csv")
			if err := os.WriteFile(file, []byte(rows), 0o600); err != nil {
				t.Fatal(err)
			}
			apitest.MustCommand(t, "", "import", "units", file, "--database", database, "--secret-key",
				apitest.SecretKey)
			for i := range 7 {
				user := fmt.Sprint("user ", i)
				args := []string{
					"user", "add", user, "--database", database, "--secret-key", apitest.SecretKey,
				}
				m.units[user] = map[int]bool{}
				for _, unit := range m.random.Perm(modelUnits)[:1+m.random.IntN(5)] {
					m.units[user][unit] = true
					args = append(args, "--unit", fmt.Sprint("u", unit))
				}
				apitest.MustCommand(t, "a password\n", args...)
				m.tokens[user] = m.s.Login(t, user, "a password")
			}
			users := slices.Sorted(maps.Keys(m.tokens))
			for _, user := range users {
				m.createEvents(user)
			}
			for _, user := range users[1:3] {
				m.createEvents(user) // after other users have written
			}
			for _, user := range users {
				m.readEvents(user)
			}
			t.Logf("%d cases, %d wrong; %d events", m.cases, m.wrong, len(m.recorded))
			if m.cases < 10_000 {
				t.Errorf("only %d cases", m.cases)
			}
		})
	}
}
