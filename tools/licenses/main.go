// Licenses writes THIRD_PARTY_LICENSES.md: the licence texts of all modules that are linked into the
// program's binaries, of Go itself and of the npm packages in the bundled pages. With -check it only
// compares the file. It fails for a module with an unknown licence, or with one that a release may not
// contain.
package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

const file = "THIRD_PARTY_LICENSES.md"

const head = `# Licences of what the program contains

Written by tools/licenses: make licenses. ` + "`go mod download MODULE@VERSION`" + ` fetches the unchanged source of a module;
modules under MPL-2.0 are available there in source form under the terms of that licence.
`

// allowed are the licences that a release may contain. They require that a release contains their text;
// MPL-2.0 also requires access to the unchanged source. Google's patents file only grants rights.
var allowed = map[string]bool{
	"MIT":               true,
	"Apache-2.0":        true,
	"BSD-2-Clause":      true,
	"BSD-3-Clause":      true,
	"ISC":               true,
	"MPL-2.0":           true,
	"GooglePatentsFile": true,
}

// reviewed are files that licensecheck does not recognise, with their licence and the beginning of the text.
// A person has read them.
var reviewed = map[string]struct{ id, begins string }{
	"modernc.org/sqlite/LICENSE-SQLITE": {"public domain", "SQLite Is Public Domain"},
	"modernc.org/memory/LICENSE-LOGO": {
		"notice about a logo that is not in the program",
		"https://commons.wikimedia.org/wiki/File:Memory_infra_logo.pn",
	},
}

// platforms are the platforms of .ci/release. They link different modules.
var platforms = []string{
	"linux/amd64",
	"linux/arm64",
	"darwin/amd64",
	"darwin/arm64",
	"windows/amd64",
	"windows/arm64",
}

// licenseFile matches the names of files with licences and notices.
var licenseFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents|copyright)([-._].*)?$`)

// minCovered is the minimum percentage of known text in a licence file. Source: licensecheck's
// documentation, 75.
const minCovered = 75

// module is a module in the output of go list.
type module struct {
	Path, Version, Dir string
	Main               bool
	Replace            *module
}

func main() {
	log.SetFlags(0)
	check := flag.Bool("check", false, "compare only")
	root := flag.String("root", "..", "the program's folder")
	flag.Parse()
	text, err := page(*root)
	path := filepath.Join(*root, file)
	switch {
	case err != nil:
	case *check:
		var present []byte
		if present, err = os.ReadFile(path); err == nil && !bytes.Equal(present, text) {
			err = errors.New("not up to date: run make licenses")
		}
	default:
		err = os.WriteFile(path, text, 0o644)
	}
	if err != nil {
		log.Fatalf("%s: %v", file, err)
	}
}

// page returns the content of the file.
func page(root string) ([]byte, error) {
	linked, err := linkedModules(root)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.WriteString(head)
	var wrong []error
	byPath := func(a, b module) int { return cmp.Compare(a.Path, b.Path) }
	for _, linkedModule := range slices.SortedFunc(maps.Keys(linked), byPath) {
		if err := section(&out, linkedModule, linked[linkedModule]); err != nil {
			wrong = append(wrong, err)
		}
	}
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("go env GOROOT: %w", err)
	}
	// The archives of the Go project contain the licence in GOROOT; some distributions install it elsewhere.
	if err := section(&out, module{
		Path: "Go's standard library",
		Dir:  strings.TrimSpace(string(goroot)),
	}, nil); err != nil {
		wrong = append(wrong, err)
	}
	pages, err := bundledPages(root)
	if err != nil {
		wrong = append(wrong, err)
	}
	fmt.Fprintf(&out, "\n# Licences of the bundled pages\n\n%s", pages)
	return out.Bytes(), errors.Join(wrong...)
}

// linkedModules returns the modules of all platforms' binaries, each with the folders of its linked
// packages.
func linkedModules(root string) (map[module]map[string]bool, error) {
	linked := map[module]map[string]bool{}
	for _, platform := range platforms {
		goos, goarch, _ := strings.Cut(platform, "/")
		list := exec.Command("go", "list", "-deps", "-json=Dir,Module", ".")
		list.Dir, list.Stderr = root, os.Stderr
		list.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0", "GOFLAGS=",
			"GOWORK=off")
		text, err := list.Output()
		if err != nil {
			return nil, fmt.Errorf("go list for %s: %w", platform, err)
		}
		for decoder := json.NewDecoder(bytes.NewReader(text)); ; {
			var one struct {
				Dir    string
				Module *module
			}
			if err := decoder.Decode(&one); err == io.EOF {
				break
			} else if err != nil {
				return nil, err
			}
			if one.Module == nil || one.Module.Main {
				continue
			}
			of := *one.Module
			if of.Replace != nil {
				if of = *of.Replace; of.Version == "" { // a folder of this repository
					continue
				}
			}
			of.Replace = nil
			if linked[of] == nil {
				linked[of] = map[string]bool{}
			}
			linked[of][one.Dir] = true
		}
	}
	return linked, nil
}

// section writes the licence texts of a module: those in its root, in the folders of its linked packages,
// and in between.
func section(out io.Writer, of module, packages map[string]bool) error {
	folders := map[string]bool{of.Dir: true}
	for folder := range packages {
		for ; strings.HasPrefix(folder, of.Dir) && folder != of.Dir; folder = filepath.Dir(folder) {
			folders[folder] = true
		}
	}
	var wrong []error
	licensed := false
	fmt.Fprintf(out, "\n## %s\n", strings.TrimSpace(of.Path+" "+of.Version))
	for _, folder := range slices.Sorted(maps.Keys(folders)) {
		entries, err := os.ReadDir(folder)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			if entry.IsDir() || !licenseFile.MatchString(entry.Name()) ||
				strings.HasSuffix(entry.Name(), ".go") {
				continue
			}
			path := filepath.Join(folder, entry.Name())
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			name, err := filepath.Rel(of.Dir, path)
			if err != nil {
				return err
			}
			ids, err := identify(of.Path+"/"+filepath.ToSlash(name), text)
			if err != nil {
				wrong = append(wrong, err)
			}
			licensed = licensed || ids != ""
			heading := strings.TrimSuffix(filepath.ToSlash(name)+": "+ids, ": ")
			content := strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n"))
			fmt.Fprintf(out, "\n### %s\n\n````text\n%s\n````\n", heading, content)
		}
	}
	if !licensed && len(wrong) == 0 {
		wrong = append(wrong, fmt.Errorf("%s has no file with a licence", of.Path))
	}
	return errors.Join(wrong...)
}

// identify returns the licences in a file. A notice or a patent grant may have none.
func identify(name string, text []byte) (string, error) {
	if known, ok := reviewed[name]; ok && strings.HasPrefix(string(text), known.begins) {
		return known.id, nil
	}
	coverage := licensecheck.Scan(text)
	ids := map[string]bool{}
	for _, match := range coverage.Match {
		if ids[match.ID] = true; !allowed[match.ID] {
			return "", fmt.Errorf("%s has the licence %s, which a release may not contain", name, match.ID)
		}
	}
	base := strings.ToLower(filepath.Base(name))
	isLicense := strings.HasPrefix(base, "licen") || strings.HasPrefix(base, "copying")
	if isLicense && (len(ids) == 0 || coverage.Percent < minCovered && len(ids) == 1) {
		return "", fmt.Errorf("%s is not a known licence (%.0f %% of its text is known): read it, and add "+
			"it to reviewed",
			name, coverage.Percent)
	}
	return strings.Join(slices.Sorted(maps.Keys(ids)), ", "), nil
}

// bundledPages returns the licences of the npm packages in the bundled pages, which their build collects.
func bundledPages(root string) (string, error) {
	packed, err := os.Open(filepath.Join(root, "internal/playground/dist/licenses.md.gz"))
	if err != nil {
		return "", err
	}
	defer packed.Close()
	plain, err := gzip.NewReader(packed)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(plain)
	return strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n")) + "\n", err
}
