package graph_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"customer-events/internal/admission"
	"customer-events/internal/auth"
	"customer-events/internal/importer"
	"customer-events/internal/store"
	"customer-events/models"
)

// longest returns a text of n characters of four bytes each.
func longest(n int) string { return strings.Repeat("𝄞", n) }

// worst returns the longest valid event as JSON text, without its closing bracket.
func worst(request string) string {
	e := fmt.Sprintf(`{"requestUniqueIdentifier":%q,"rewardsParticipantIdentifier":{"number":%q},
		"performedByUnitIdentifier":{"name":%q},"classificationIdentifier":{"name":%q},
		"performedOn":"2026-01-01T00:00:00.123456Z","website":"www.crm.com/%s",
		"description":%q,"externalSystem":%q`,
		request+longest(255-len(request)), longest(255), longest(255), longest(255), longest(2048-12),
		longest(4000), longest(255))
	for i := 1; i <= 8; i++ {
		e += fmt.Sprintf(`,"udfString%d":%q`, i, longest(255))
	}
	for i := 1; i <= 4; i++ {
		e += fmt.Sprintf(`,"udfFloat%d":-1.2345678901234567e-300,"udfDate%d":"2026-01-01T00:00:00.123456Z"`,
			i, i)
	}
	return e
}

// worstAPI returns an API with records and 500 events of maximum length.
func worstAPI(t *testing.T) *testAPI {
	t.Helper()
	a := newAPI(t, nil)
	db := a.resolver.Reader.(*store.Store)
	name, other := longest(255), longest(254)+"x"
	same, two := name+","+name+","+name, name+","+name+","+other
	for _, kind := range importer.Kinds() {
		rows := map[string]string{
			"accounts-receivable":  "id,number,name\n" + same,
			"rewards-participants": "id,number,account_number\n" + same,
			"classifications":      "id,name,alternative_code,type\n" + two + ",WEB",
			"units":                "id,name,alternative_code\n" + two,
		}[kind]
		if rows == "" {
			continue
		}
		result, err := importer.Run(t.Context(),
			importer.Options{Kind: kind, File: kind + ".csv", Input: strings.NewReader(rows), To: db,
				Hasher: secrets, Report: os.Stderr, Now: clock})
		if err != nil || result.Good != 1 {
			t.Fatalf("%s: %+v %v", kind, result, err)
		}
	}
	user := longest(63)
	err := db.AddUser(t.Context(), &models.User{Name: user, PasswordHash: auth.HashPassword("x"),
		CreatedAt: now}, nil)
	if err != nil {
		t.Fatal(err)
	}
	session, err := auth.New(db, clock, admission.NewCPULimiter()).LogIn(t.Context(), user, "x")
	if err != nil {
		t.Fatal(err)
	}
	a.token = session.Token
	for call := range 5 {
		list := make([]string, 100)
		for i := range list {
			list[i] = worst(fmt.Sprint(call, "/", i)) +
				fmt.Sprintf(`,"externalSystemReferenceNumber":"%s%03d"}`, longest(252), 100*call+i)
		}
		r := a.post(t, `mutation ($input: CreateWebCustomerEventsInput!) { `+
			`createWebCustomerEvents(input: $input) { summary { processed } unprocessedCustomerEventsSet `+
			`{ errorDescription } } }`,
			`{"input":{"webCustomerEventsSet":[`+strings.Join(list, ",")+`]}}`)
		if !strings.Contains(r.text, `"processed":100`) {
			t.Fatalf("%.1000s", r.text)
		}
	}
	return a
}
