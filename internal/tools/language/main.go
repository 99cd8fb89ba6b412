// Language finds words of the project's old dialect in the comments and string literals of Go files, in
// Markdown and in GraphQL schemas:
//
//	go run ./internal/tools/language
//
// It reports the words, and exits with status 1 if there are any. Uses of a word that stay are in exceptions,
// with a reason.
package main

import (
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

// hit is one use of a word.
type hit struct {
	path   string
	line   int
	text   string
	advice string
}

func main() {
	log.SetFlags(0)
	hits, err := scanTree(".")
	if err != nil {
		log.Fatal(err)
	}
	for _, h := range hits {
		fmt.Println(h)
	}
	if len(hits) > 0 {
		os.Exit(1)
	}
}

func (h hit) String() string { return fmt.Sprintf("%s:%d: %q: %s", h.path, h.line, h.text, h.advice) }

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
