package models_test

import (
	"testing"
	"time"

	"customer-events/models"
)

func TestParseID(t *testing.T) {
	t.Parallel()
	const text = "0195B2C0FFEE7000ABCDEF0123456789"
	id, ok := models.ParseID(text)
	if !ok || id.String() != text || id[0] != 0x01 || id[15] != 0x89 {
		t.Errorf("%s: %s, %v", text, id, ok)
	}
	if zero := (models.ID{}).String(); zero != "00000000000000000000000000000000" {
		t.Errorf("zero is %s", zero)
	}
	for _, wrong := range []string{
		"",
		"0",
		"0195b2c0ffee7000abcdef0123456789",
		"0195B2C0FFEE7000ABCDEF012345678",
		"0195B2C0FFEE7000ABCDEF01234567890",
		"0195B2C0-FFEE-7000-ABCD-EF0123456789",
		"0195B2C0FFEE7000ABCDEF012345678G",
		" 195B2C0FFEE7000ABCDEF0123456789",
		"0195B2C0FFEE7000ABCDEF01234567é",
	} {
		if id, ok := models.ParseID(wrong); ok {
			t.Errorf("%q is read as %s", wrong, id)
		}
	}
}

func TestID_ValueAndScan(t *testing.T) {
	t.Parallel()
	id, _ := models.ParseID("0195B2C0FFEE7000ABCDEF0123456789")
	value, err := id.Value()
	raw, ok := value.([]byte)
	if err != nil || !ok || len(raw) != 16 {
		t.Fatalf("%v, %v", value, err)
	}
	var back models.ID
	if err := back.Scan(raw); err != nil || back != id {
		t.Errorf("%s, %v", back, err)
	}
	raw[0] = 0xff // a driver reuses its buffer
	if back != id {
		t.Error("the id shares the driver's memory")
	}
	for _, wrong := range []any{
		nil,
		"0195B2C0FFEE7000ABCDEF0123456789",
		raw[:15],
		append(raw, 0),
		int64(1),
		[]byte{},
	} {
		if err := back.Scan(wrong); err == nil {
			t.Errorf("%v is read as %s", wrong, back)
		}
	}
}

func TestAccessToken_Effective(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]bool{
		models.Effective:           true,
		models.NotEffective:        false,
		models.PendingVerification: false,
		"":                         false,
		"effective":                false,
	} {
		if got := (models.AccessToken{State: state}).Effective(); got != want {
			t.Errorf("%q: %v", state, got)
		}
	}
}

func TestAccessToken_OneTimePasswordUsable(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	before, after := at.Add(-time.Nanosecond), at.Add(time.Nanosecond)
	for _, c := range []struct {
		expires, spent *time.Time
		want           bool
	}{
		{nil, nil, true},
		{&after, nil, true},
		{&at, nil, false},
		{&before, nil, false},
		{nil, &before, false},
		{&after, &before, false},
		{nil, &after, false},
	} {
		token := models.AccessToken{OneTimePasswordExpiresAt: c.expires, OneTimePasswordSpentAt: c.spent}
		if got := token.OneTimePasswordUsable(at); got != c.want {
			t.Errorf("expires %v, spent %v: %v", c.expires, c.spent, got)
		}
	}
}

func TestCaller_MayUse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		units []int64
		want  bool
	}{
		{nil, true},
		{[]int64{}, false},
		{[]int64{6}, false},
		{[]int64{6, 7}, true},
	} {
		if got := (models.Caller{Units: c.units}).MayUse(7); got != c.want {
			t.Errorf("%v: %v", c.units, got)
		}
	}
}

func TestExternalReference_NeedsSystemAndNumber(t *testing.T) {
	t.Parallel()
	system, number := "s", "1"
	for _, d := range []models.EventDetails{
		{},
		{ExternalSystem: &system},
		{ExternalSystemReferenceNumber: &number},
	} {
		if ref, ok := d.ExternalReference(); ok || ref != (models.ExternalReference{}) {
			t.Errorf("%+v, %v", ref, ok)
		}
	}
	full := models.EventDetails{ExternalSystem: &system, ExternalSystemReferenceNumber: &number}
	if ref, ok := full.ExternalReference(); !ok || ref != (models.ExternalReference{
		System: "s",
		Number: "1",
	}) {
		t.Errorf("%+v, %v", ref, ok)
	}
}

func TestKind_String(t *testing.T) {
	t.Parallel()
	for kind, want := range map[models.Kind]string{
		models.Accounts:        "Account",
		models.Participants:    "Rewards Participant",
		models.Classifications: "Classification",
		models.Units:           "Unit",
		models.AccessTokens:    "Access Token",
	} {
		if kind.String() != want {
			t.Errorf("%s, want %s", kind, want)
		}
	}
}
