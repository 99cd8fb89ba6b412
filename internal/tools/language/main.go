// Language finds words of the project's old dialect in the comments and string literals of Go files, in
// Markdown and in GraphQL schemas:
//
//	go run ./internal/tools/language           reports the words, and exits with status 1 if there are any
//	go run ./internal/tools/language -update   writes exemptions.txt for the words that are there
//
// The file exemptions.txt lists files that are not rewritten yet, each with its number of words. The check
// fails for a file that has more than that. The list can only shrink: -update fails if the words of all
// files together have become more. Permanent uses of a word are in exceptions, with a reason.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"go/scanner"
	"go/token"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const exemptionsFile = "internal/tools/language/exemptions.txt"

// hit is one use of a word.
type hit struct {
	path   string
	line   int
	text   string
	advice string
}

func main() {
	log.SetFlags(0)
	update := flag.Bool("update", false, "write "+exemptionsFile)
	flag.Parse()
	hits, err := scanTree(".")
	if err != nil {
		log.Fatal(err)
	}
	exempt, err := readExemptions(exemptionsFile)
	if err != nil {
		log.Fatal(err)
	}
	if *update {
		if err := writeExemptions(exemptionsFile, hits, exempt); err != nil {
			log.Fatal(err)
		}
		return
	}
	problems := check(hits, exempt)
	for _, problem := range problems {
		fmt.Println(problem)
	}
	if len(problems) > 0 {
		os.Exit(1)
	}
}

// check returns a line for each use of a word in files that have more of them than their exemption.
func check(hits []hit, exempt map[string]int) (problems []string) {
	counts := count(hits)
	for _, h := range hits {
		if counts[h.path] <= exempt[h.path] {
			continue
		}
		problem := fmt.Sprintf("%s:%d: %q: %s", h.path, h.line, h.text, h.advice)
		if n := exempt[h.path]; n > 0 {
			problem += fmt.Sprintf(" (the file has %d such words, and %d are exempt)", counts[h.path], n)
		}
		problems = append(problems, problem)
	}
	return problems
}

func count(hits []hit) map[string]int {
	counts := make(map[string]int)
	for _, h := range hits {
		counts[h.path]++
	}
	return counts
}

// scanTree scans all files below root.
func scanTree(root string) (hits []hit, err error) {
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		switch name := entry.Name(); {
		case entry.IsDir() && (name == "node_modules" || name == "testdata" || name == "dist" ||
			name == ".git"):
			return filepath.SkipDir
		case entry.IsDir():
			return nil
		}
		text, err := textOf(path)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		hits = append(hits, scanText(filepath.ToSlash(relative), text)...)
		return nil
	})
	return hits, err
}

// textOf returns the checked text of a file, with the line ends of the file, and nothing for a file of
// another kind. Of Go code it keeps the comments and the string literals.
func textOf(path string) (string, error) {
	extension := filepath.Ext(path)
	if extension != ".go" && extension != ".md" && extension != ".graphqls" {
		return "", nil
	}
	source, err := os.ReadFile(path)
	if err != nil || extension != ".go" {
		return string(source), err
	}
	if strings.HasPrefix(string(source), "// Code generated ") {
		return "", nil
	}
	files := token.NewFileSet()
	file := files.AddFile(path, -1, len(source))
	var s scanner.Scanner
	s.Init(file, source, nil, scanner.ScanComments)
	var text strings.Builder
	line := 1
	for {
		position, kind, literal := s.Scan()
		switch kind {
		case token.EOF:
			return text.String(), nil
		case token.COMMENT, token.STRING:
			first := file.Line(position)
			text.WriteString(strings.Repeat("\n", first-line))
			text.WriteString(" " + literal)
			line = first + strings.Count(literal, "\n")
		}
	}
}

// scanText finds the words in the text of a file.
func scanText(path, text string) (hits []hit) {
	for _, w := range words {
		for _, at := range w.pattern.FindAllStringIndex(text, -1) {
			found := strings.Join(strings.Fields(strings.ReplaceAll(text[at[0]:at[1]], "//", "")), " ")
			if !excepted(path, found) {
				hits = append(hits, hit{path, 1 + strings.Count(text[:at[0]], "\n"), found, w.advice})
			}
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return a.line - b.line })
	return hits
}

func excepted(path, text string) bool {
	return slices.ContainsFunc(exceptions, func(e exception) bool {
		inPath := path == e.path || strings.HasSuffix(e.path, "/") && strings.HasPrefix(path, e.path)
		return inPath && (e.text == "" || strings.EqualFold(e.text, text))
	})
}

// readExemptions returns the number of exempt words by file.
func readExemptions(path string) (map[string]int, error) {
	file, err := os.Open(path)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	exempt := make(map[string]int)
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		var n int
		var name string
		if _, err := fmt.Sscan(lines.Text(), &n, &name); err != nil {
			return nil, fmt.Errorf("%s: %q: %w", path, lines.Text(), err)
		}
		exempt[name] = n
	}
	return exempt, lines.Err()
}

// writeExemptions writes the number of words by file. A missing or empty list may get any number of them.
func writeExemptions(path string, hits []hit, exempt map[string]int) error {
	before := 0
	for _, n := range exempt {
		before += n
	}
	if len(hits) > before && before > 0 {
		return fmt.Errorf("%s has %d words, and there are %d now: rewrite the new ones",
			path, before, len(hits))
	}
	var text strings.Builder
	text.WriteString("# Words of the old dialect, by file. This list can only shrink; update it with\n" +
		"# go run ./internal/tools/language -update\n")
	counts := count(hits)
	names := make([]string, 0, len(counts))
	for name := range counts {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&text, "%d %s\n", counts[name], name)
	}
	return os.WriteFile(path, []byte(text.String()), 0o644)
}
