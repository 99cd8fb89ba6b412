package graph

import (
	"reflect"
	"testing"
	"time"

	"customer-events/graph/generated"
	"customer-events/internal/api"
	"customer-events/models"
)

// TestFilter_EveryAttribute sets each attribute of each identifier of the filter by itself, and each other
// condition. Every one must become a condition of models.EventFilter: what is forgotten would mean no
// filter.
func TestFilter_EveryAttribute(t *testing.T) {
	t.Parallel()
	filterType := reflect.TypeFor[generated.WebCustomerEventFilter]()
	for i := range filterType.NumField() {
		condition := filterType.Field(i)
		if condition.Type == reflect.TypeFor[*string]() || condition.Type == reflect.TypeFor[*time.Time]() {
			f := new(generated.WebCustomerEventFilter)
			reflect.ValueOf(f).Elem().Field(i).Set(reflect.New(condition.Type.Elem()))
			checkOneCondition(t, condition.Name, f)
			continue
		}
		identifier := condition.Type.Elem()
		for j := range identifier.NumField() {
			f := new(generated.WebCustomerEventFilter)
			value := reflect.New(identifier)
			attribute := reflect.New(identifier.Field(j).Type.Elem())
			if attribute.Elem().Kind() == reflect.String {
				attribute.Elem().SetString("VALUE")
			}
			value.Elem().Field(j).Set(attribute)
			reflect.ValueOf(f).Elem().Field(i).Set(value)
			name := condition.Name + "." + identifier.Field(j).Name
			if name == "RewardsParticipant.AccessTokenIdentifier" {
				if _, err := eventFilter(f); !isBadRequest(err) {
					t.Errorf("%s: %v, want a BAD_REQUEST", name, err)
				}
				continue
			}
			checkOneCondition(t, name, f)
		}
	}
}

func checkOneCondition(t *testing.T, name string, f *generated.WebCustomerEventFilter) {
	t.Helper()
	filter, err := eventFilter(f)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	conditions := 0
	for i := range reflect.TypeFor[models.EventFilter]().NumField() {
		value := reflect.ValueOf(filter).Field(i)
		if value.IsNil() {
			continue
		}
		conditions++
		if reference, ok := value.Interface().(*models.Reference); ok && reference.Value != "VALUE" {
			t.Errorf("%s: the reference is %+v", name, *reference)
		}
	}
	if conditions != 1 {
		t.Errorf("%s became %d conditions of %+v, want 1", name, conditions, filter)
	}
}

func TestFilter_UnknownAttribute(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]*generated.WebCustomerEventFilter{
		"account":        {AccountsReceivable: new(generated.AccountsReceivableIdentifier)},
		"participant":    {RewardsParticipant: new(generated.RewardsParticipantIdentifier)},
		"unit":           {PerformedByUnit: new(generated.UnitIdentifier)},
		"classification": {Classification: new(generated.CustomerEventClassificationIdentifier)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if filter, err := eventFilter(f); !isBadRequest(err) {
				t.Errorf("%+v, %v, want a BAD_REQUEST", filter, err)
			}
		})
	}
}

func isBadRequest(err error) bool {
	public := api.Public(err)
	return public != nil && public.Kind == badRequest
}
