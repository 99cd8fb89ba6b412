// Licenses writes THIRD_PARTY_LICENSES.md: the licence texts of all that is linked into the program's binaries, Go's
// own and those of the bundled pages too. With -check it only compares. It fails for a module whose licence it does
// not know, or that is not on the list of those that a release may contain.
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

// allowed are the licences that a release may contain: they ask for their text to be passed on, and of MPL-2.0 for a
// way to the unchanged source. Google's patents file only grants.
var allowed = map[string]bool{"MIT": true, "Apache-2.0": true, "BSD-2-Clause": true, "BSD-3-Clause": true, "ISC": true, "MPL-2.0": true, "GooglePatentsFile": true}

// known are files that licensecheck cannot judge, with what they are. They were read by a person, so each has the
// beginning that was read.
var known = map[string]struct{ id, begins string }{
	"modernc.org/sqlite/LICENSE-SQLITE": {"public domain", "SQLite Is Public Domain"},
	"modernc.org/memory/LICENSE-LOGO":   {"notice about a logo that is not in the program", "https://commons.wikimedia.org/wiki/File:Memory_infra_logo.pn"},
}

// platforms are those of .ci/release, which link different modules.
var platforms = []string{"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64", "windows/arm64"}

// licenseFile is how files with licences and notices are called.
var licenseFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents|copyright)([-._].*)?$`)

// minCovered is how much of a licence file must be known text, in percent. Source: licensecheck's documentation, 75.
const minCovered = 75

// module is what go list says of one.
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
			err = errors.New("not what would be written now: run make licenses")
		}
	default:
		err = os.WriteFile(path, text, 0o644)
	}
	if err != nil {
		log.Fatalf("%s: %v", file, err)
	}
}

// page makes the whole file.
func page(root string) ([]byte, error) {
	linked, err := linkedModules(root)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.WriteString(head)
	var wrong []error
	for _, one := range slices.SortedFunc(maps.Keys(linked), func(a, b module) int { return cmp.Compare(a.Path, b.Path) }) {
		if err := section(&out, one, linked[one]); err != nil {
			wrong = append(wrong, err)
		}
	}
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("go env GOROOT: %w", err)
	}
	// Debian and others keep the text elsewhere than in GOROOT; the Go project's own archives have it there.
	if err := section(&out, module{Path: "Go's standard library", Dir: strings.TrimSpace(string(goroot))}, nil); err != nil {
		wrong = append(wrong, err)
	}
	pages, err := bundledPages(root)
	if err != nil {
		wrong = append(wrong, err)
	}
	fmt.Fprintf(&out, "\n# Licences of the bundled pages\n\n%s", pages)
	return out.Bytes(), errors.Join(wrong...)
}

// linkedModules lists the modules of all platforms' binaries, each with the folders of the packages that are linked.
func linkedModules(root string) (map[module]map[string]bool, error) {
	linked := map[module]map[string]bool{}
	for _, platform := range platforms {
		goos, goarch, _ := strings.Cut(platform, "/")
		list := exec.Command("go", "list", "-deps", "-json=Dir,Module", ".")
		list.Dir, list.Stderr = root, os.Stderr
		list.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
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
				if of = *of.Replace; of.Version == "" { // a folder of ours
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

// section writes the licence texts of a module: those at its root, and those beside and above its linked packages.
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
			if entry.IsDir() || !licenseFile.MatchString(entry.Name()) || strings.HasSuffix(entry.Name(), ".go") {
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
			ids, err := judge(of.Path+"/"+filepath.ToSlash(name), text)
			if err != nil {
				wrong = append(wrong, err)
			}
			licensed = licensed || ids != ""
			fmt.Fprintf(out, "\n### %s\n\n````text\n%s\n````\n", strings.TrimSuffix(filepath.ToSlash(name)+": "+ids, ": "), strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n")))
		}
	}
	if !licensed && len(wrong) == 0 {
		wrong = append(wrong, fmt.Errorf("%s has no file with a licence", of.Path))
	}
	return errors.Join(wrong...)
}

// judge names the licences in a file. Notices and patent grants need none.
func judge(name string, text []byte) (string, error) {
	if read, ok := known[name]; ok && strings.HasPrefix(string(text), read.begins) {
		return read.id, nil
	}
	coverage := licensecheck.Scan(text)
	ids := map[string]bool{}
	for _, match := range coverage.Match {
		if ids[match.ID] = true; !allowed[match.ID] {
			return "", fmt.Errorf("%s has the licence %s, which is not among those that a release may contain", name, match.ID)
		}
	}
	base := strings.ToLower(filepath.Base(name))
	isLicense := strings.HasPrefix(base, "licen") || strings.HasPrefix(base, "copying")
	if isLicense && (len(ids) == 0 || coverage.Percent < minCovered && len(ids) == 1) {
		return "", fmt.Errorf("%s is no licence that is known here (%.0f %% of it is): read it, and add it to known", name, coverage.Percent)
	}
	return strings.Join(slices.Sorted(maps.Keys(ids)), ", "), nil
}

// bundledPages are the licences of the npm packages in the pages that the program serves, as their build collects them.
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
