package e2e

import (
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"customer-events/test/apitest"
)

// dockerfileStages returns the instructions of each stage of the Dockerfile, with continued lines joined.
func dockerfileStages(t *testing.T) (stages [][]string) {
	t.Helper()
	text, err := os.ReadFile(apitest.File("Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(regexp.MustCompile(`\\\n\s*`).ReplaceAllString(string(text), ""), "\n") {
		if strings.HasPrefix(line, "FROM ") {
			stages = append(stages, nil)
		}
		if line != "" && line[0] != '#' {
			stages[len(stages)-1] = append(stages[len(stages)-1], line)
		}
	}
	return stages
}

// The image's program and its labels must know the version and the commit, which the context does not have.
func TestImage_VersionAndCommit(t *testing.T) {
	t.Parallel()
	stages := dockerfileStages(t)
	if len(stages) != 2 {
		t.Fatalf("the Dockerfile has %d stages", len(stages))
	}
	for i, stage := range stages {
		for _, want := range []string{"ARG VERSION=development", "ARG COMMIT=unknown"} {
			if !slices.Contains(stage, want) {
				t.Errorf("stage %d lacks %s", i+1, want)
			}
		}
	}
	build := slices.IndexFunc(stages[0], func(line string) bool { return strings.HasPrefix(line, "RUN make ") })
	if build < 0 || build < slices.Index(stages[0], "ARG COMMIT=unknown") {
		t.Fatal("the program is built before its arguments are known")
	}
	args := os.Expand(strings.TrimPrefix(stages[0][build], "RUN "), func(name string) string {
		return map[string]string{"VERSION": "v9.8.7", "COMMIT": "0123abc"}[name]
	})
	command := exec.Command("sh", "-c", strings.Replace(args, "make ", "make --dry-run ", 1))
	command.Dir = apitest.File("")
	output, err := command.CombinedOutput()
	if err != nil || !strings.Contains(string(output), "-X main.version=v9.8.7 -X main.commit=0123abc") {
		t.Errorf("%s would run (%v):\n%s", args, err, output)
	}
	labels := ""
	for _, line := range stages[1] {
		if rest, found := strings.CutPrefix(line, "LABEL "); found {
			labels += " " + rest
		}
	}
	for _, want := range []string{
		`title="customer-events"`, `description="`, `version="$VERSION"`, `revision="$COMMIT"`,
		`licenses="Apache-2.0"`, `base.name="docker.io/library/` + strings.TrimPrefix(stages[1][0], "FROM ") + `"`,
	} {
		if !strings.Contains(labels, " org.opencontainers.image."+want) {
			t.Errorf("the label %s is missing", want)
		}
	}
}

// compose.yaml passes the version, and Prometheus reads the metrics where the server serves them.
func TestImage_Compose(t *testing.T) {
	t.Parallel()
	var compose struct {
		Services struct {
			Server struct {
				Build       struct{ Args map[string]string }
				Environment map[string]string
				Ports       []string
			}
		}
	}
	readDeployed(t, "compose.yaml", yaml.Unmarshal, &compose)
	var prometheus struct {
		ScrapeConfigs []struct {
			StaticConfigs []struct{ Targets []string } `yaml:"static_configs"`
		} `yaml:"scrape_configs"`
	}
	readDeployed(t, "deploy/prometheus.yaml", yaml.Unmarshal, &prometheus)
	server := compose.Services.Server
	want := map[string]string{"VERSION": "${VERSION:-development}", "COMMIT": "${COMMIT:-unknown}"}
	if !maps.Equal(server.Build.Args, want) {
		t.Errorf("the build's arguments are %v", server.Build.Args)
	}
	_, port, _ := strings.Cut(server.Environment["CRM_METRICS_LISTEN"], ":")
	targets := prometheus.ScrapeConfigs[0].StaticConfigs[0].Targets
	if !slices.Equal(targets, []string{"server:" + port}) {
		t.Errorf("Prometheus reads %v, and the metrics are at port %s", targets, port)
	}
	for _, published := range server.Ports {
		if strings.HasSuffix(published, ":"+port) {
			t.Errorf("the port of the metrics is published: %s", published)
		}
	}
}
