package main

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPage_IsUpToDate(t *testing.T) {
	t.Chdir("../../..")
	want, err := page()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("docs/errors.md is out of date, run go generate . (-generated +file):\n%s", diff)
	}
}
