package store

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	gormschema "gorm.io/gorm/schema"

	"customer-events/models"
)

// settableColumns are the names of eventColumns, and number, which the database sets; sorted.
func settableColumns() []string {
	names := []string{"number"}
	for _, column := range eventColumns {
		names = append(names, column.name)
	}
	slices.Sort(names)
	return names
}

// eventFields are the fields of models.WebCustomerEvent by the column that gorm reads them from.
func eventFields(t *testing.T) map[string]*gormschema.Field {
	t.Helper()
	parsed, err := gormschema.Parse(&models.WebCustomerEvent{}, new(sync.Map), gormschema.NamingStrategy{})
	if err != nil {
		t.Fatal(err)
	}
	return parsed.FieldsByDBName
}

// fullEvent has a value in every field, which no other field has.
func fullEvent(t *testing.T) *models.WebCustomerEvent {
	t.Helper()
	event := &models.WebCustomerEvent{ID: models.ID(uuid.Must(uuid.NewV7()))}
	n := 0
	for _, name := range settableColumns() {
		field := reflect.ValueOf(event).Elem().FieldByIndex(eventFields(t)[name].StructField.Index)
		if field.Kind() == reflect.Pointer {
			field.Set(reflect.New(field.Type().Elem()))
			field = field.Elem()
		}
		n++
		switch value := field.Addr().Interface().(type) {
		case *models.ID: // has a value
		case *int64:
			*value = math.MinInt64 + int64(n)
		case *string:
			*value = fmt.Sprint("text ", n)
		case *float64:
			*value = -1.7976931348623157e+308 + float64(n)*1e300
		case *time.Time:
			*value = time.Date(2026, 1, n, 23, 59, 59, 999_999_000, time.UTC)
		case *[]byte:
			*value = []byte(strings.Repeat("h", 3*models.IdentifierHashLength))
		default:
			t.Fatalf("the field of %s has the type %T, which fullEvent does not know", name, value)
		}
	}
	return event
}

func TestEventColumns_AllOfTheModel(t *testing.T) {
	t.Parallel()
	var want []string
	for name := range eventFields(t) {
		want = append(want, name)
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, settableColumns()); diff != "" {
		t.Errorf("fields of models.WebCustomerEvent (-) and eventColumns (+):\n%s", diff)
	}
}

func TestEventColumns_AllOfTheDatabase(t *testing.T) {
	onEachDatabase(t, func(t *testing.T, s *Store) {
		c, err := s.dialect.catalog(t.Context(), s.writer())
		if err != nil {
			t.Fatal(err)
		}
		want := slices.Sorted(slices.Values(c.tables["web_customer_events"].columns))
		if diff := cmp.Diff(want, settableColumns()); diff != "" {
			t.Errorf("columns of the table (-) and eventColumns (+):\n%s", diff)
		}
	})
}

// TestEventColumns_EachOfItsField compares each column's value with that of the field that gorm reads the
// column into.
func TestEventColumns_EachOfItsField(t *testing.T) {
	t.Parallel()
	for name, event := range map[string]*models.WebCustomerEvent{"full": fullEvent(t), "empty": {}} {
		for _, column := range eventColumns {
			t.Run(name+"/"+column.name, func(t *testing.T) {
				t.Parallel()
				field := reflect.ValueOf(event).Elem().FieldByIndex(eventFields(t)[column.name].StructField.Index)
				var want any
				if field.Kind() == reflect.Pointer && !field.IsNil() {
					field = field.Elem()
				}
				switch value := field.Interface().(type) {
				case models.ID:
					want = value[:]
				case time.Time:
					want = value.UnixMicro()
				case []byte:
					if value != nil {
						want = value
					}
				case *int64, *string, *float64, *time.Time: // nil
				default:
					want = value
				}
				if diff := cmp.Diff(want, column.value.driverValue(event)); diff != "" {
					t.Errorf("the field (-) and the column (+):\n%s", diff)
				}
			})
		}
	}
}

// TestEventColumns_RoundTrip writes events with all values and with none, and reads them.
func TestEventColumns_RoundTrip(t *testing.T) {
	onEachDatabase(t, func(t *testing.T, s *Store) {
		full, empty := fullEvent(t), &models.WebCustomerEvent{
			ID:           models.ID(uuid.Must(uuid.NewV7())),
			EventDetails: models.EventDetails{PerformedOn: time.UnixMicro(1).UTC()},
			CreatedAt:    time.UnixMicro(2).UTC(),
		}
		entry := models.WriteSet{Events: []*models.WebCustomerEvent{full, empty}}
		if err := s.Record(t.Context(), entry); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]*models.WebCustomerEvent{"full": full, "empty": empty} {
			var got models.WebCustomerEvent
			if err := s.read.WithContext(t.Context()).Where("number = ?", want.Number).Take(&got).Error; err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, &got); diff != "" {
				t.Errorf("%s: written (-) and read (+):\n%s", name, diff)
			}
		}
	})
}

// TestLiteralSize_IsAnUpperBound has the longest literals of every type that need no escape.
func TestLiteralSize_IsAnUpperBound(t *testing.T) {
	t.Parallel()
	for name, event := range map[string]*models.WebCustomerEvent{"full": fullEvent(t), "empty": {}} {
		var l insertBuilder
		l.event(event)
		size, estimate := l.Len()+len(","), literalSize(event)
		if size > estimate || name == "full" && size < estimate-20 {
			t.Errorf("%s: the row has %d bytes, the estimate is %d", name, size, estimate)
		}
	}
}

func BenchmarkInsertBuilder(b *testing.B) {
	event := benchmarkEvent()
	var l insertBuilder
	for b.Loop() {
		l.Reset()
		l.event(event)
		_ = literalSize(event)
	}
}

func BenchmarkEventTable(b *testing.B) {
	table := eventTable{events: []*models.WebCustomerEvent{benchmarkEvent()}}
	for b.Loop() {
		for column := range 29 {
			if _, err := table.Column(column); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func benchmarkEvent() *models.WebCustomerEvent {
	event := entryOf("reference").Events[0]
	text, number, at, key := "a text of usual length", 1.5, time.Now(), int64(17)
	event.ParticipantKey, event.ClassificationKey, event.Description = &key, &key, &text
	event.UDFString1, event.UDFString2, event.UDFString3, event.UDFString4 = &text, &text, &text, &text
	event.UDFFloat1, event.UDFFloat2, event.UDFDate1, event.UDFDate2 = &number, &number, &at, &at
	event.IdentifiersHash = make([]byte, 3*models.IdentifierHashLength)
	return event
}
