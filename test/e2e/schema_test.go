package e2e

import (
	"net/http"
	"os"
	"testing"

	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

// TestSchema_ServedWithIntrospection serves the schema's file with introspection on, and nothing with
// introspection off.
func TestSchema_ServedWithIntrospection(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile(apitest.File("schema.graphqls"))
	if err != nil {
		t.Fatal(err)
	}
	on := apitest.ServeDemo(t, storetest.SQLite(t))
	status, header, text := on.Do(t, http.MethodGet, "/schema.graphql", nil)
	if status != http.StatusOK || string(text) != string(file) ||
		header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("status %d, %s, %d bytes; the file has %d", status, header.Get("Content-Type"), len(text),
			len(file))
	}
	off := apitest.ServeDemo(t, storetest.SQLite(t), "--introspection", "off")
	if status, _, text := off.Do(t, http.MethodGet, "/schema.graphql", nil); status != http.StatusNotFound {
		t.Errorf("with introspection off: status %d: %.100s", status, text)
	}
}
