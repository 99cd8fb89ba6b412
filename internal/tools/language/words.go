package main

import (
	"regexp"
	"strings"
)

// word is a word or phrase that the project does not use, and the advice for its place.
type word struct {
	pattern *regexp.Regexp
	advice  string
}

// words are the words of the project's old dialect. The list is short on purpose: each of them marks a
// sentence that a newcomer has to read twice.
var words = []word{
	newWord(`nobody('s)?|somebody('s)?`, "name the user, the client or the program"),
	newWord(`whoever|whosoever`, "name the user, the client or the program"),
	newWord(`strangers?`, "write: unauthenticated client"),
	newWord(`borne`, "write: tolerated, accepted or shared"),
	newWord(`anew`, "write: again"),
	newWord(`for ever`, "write: forever, permanently or without a limit"),
	newWord(`hangs? on|hung on`, "write: depends on"),
	newWord(`(is|are|was|were|be|been|being) told`, "name the subject: X reports Y"),
	newWord(`tells? of`, "write: reports"),
	newWord(`(held|holds?) against`, "write: compare with, or count towards"),
	newWord(`(becomes?|became|become) of`, "write: the result or the outcome of"),
	newWord(`what is known of`, "write: the data about"),
	newWord(`(keeps?|kept) out`, "write: reject, exclude or block"),
	newWord(`as good as`, "write: almost, or name the number"),
	newWord(`in earnest`, "leave it out"),
	newWord(`at the most`, "write: at most"),
	newWord(`of ours`, "name the component"),
	newWord(`dear`, "write: expensive"),
	newWord(`bombs?`, "write: compression payload, or name the payload"),
	newWord(`(?-i:twins?)`, "write: duplicate, or the other call"), // "Twin" is a name in test data
	newWord(`vain`, "write: without success"),
	newWord(`hopeful(ly)?`, "write: optimistic, or describe the assumption"),
}

// newWord compiles a pattern, in which a space also matches a line end in a comment.
func newWord(pattern, advice string) word {
	pattern = strings.ReplaceAll(pattern, " ", `\s+(//\s*)?`)
	return word{regexp.MustCompile(`(?i)\b(` + pattern + `)\b`), advice}
}

// exception is a permanent use of a word.
type exception struct {
	path string // a file, or a folder that ends with a slash
	text string // the word as it is written there; "" for all words
	// reason says why the word stays.
	reason string
}

var exceptions = []exception{
	{"internal/tools/language/", "", "the list itself"},
	{"THIRD_PARTY_LICENSES.md", "", "the texts of third parties"},
}
