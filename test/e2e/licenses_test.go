package e2e

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"customer-events/test/apitest"
)

// TestLicenses_OfLinkedModules checks that the program, a release and the image carry the licences of all
// linked modules.
func TestLicenses_OfLinkedModules(t *testing.T) {
	t.Parallel()
	printed := apitest.MustCommand(t, "", "licenses")
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f",
		"{{with .Module}}{{if not (or .Main .Replace)}}{{.Path}} {{.Version}}{{end}}{{end}}",
		"customer-events")
	list.Env = append(os.Environ(), "CGO_ENABLED=0")
	text, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	modules := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if module := strings.TrimSpace(line); module != "" {
			modules[module] = true
		}
	}
	if len(modules) < 30 {
		t.Fatalf("only %d modules are linked", len(modules))
	}
	for module := range modules {
		if !strings.Contains(printed, "\n## "+module+"\n") {
			t.Errorf("the licence of %s is missing: run make licenses", module)
		}
	}
	for _, want := range []string{"Mozilla Public License", "Go's standard library", "bundled pages"} {
		if !strings.Contains(printed, want) {
			t.Errorf("%q is missing", want)
		}
	}
	for _, path := range []string{".ci/release", "Dockerfile"} {
		script, err := os.ReadFile(apitest.File(path))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(script), "THIRD_PARTY_LICENSES.md") {
			t.Errorf("%s omits the licences", path)
		}
	}
}
