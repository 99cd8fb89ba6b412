package app

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/alecthomas/kong"

	"customer-events/models"
)

// commandLine is a command line before kong parses it. kong stops at the first mistake and knows nothing of
// the options that only some commands have; readArguments finds all mistakes in the form of the arguments.
type commandLine struct {
	command       string     // such as "user add"; "user" if its second word is missing
	node          *kong.Node // of the command
	help, version bool
	// accepted are the arguments without the mistakes. If incomplete is set, they are the options of the
	// program only, because the command or one of its arguments is missing or unknown.
	accepted   []string
	incomplete bool
	unknown    bool // there is no such command
	mistakes   []error
}

// givenOption is an option as it was written, with the command that it belongs to.
type givenOption struct {
	flag  *kong.Flag
	owner *kong.Node // the program itself for options at its root
	arg   string     // with its value, as --name=value
}

// argumentReader is the state of readArguments.
type argumentReader struct {
	parser  *kong.Kong
	line    commandLine
	options []givenOption
	values  []string
	// unsure is set after an unknown option, because the next argument may be its value.
	unsure bool
}

// readArguments splits the arguments into command, options and values, and reports everything that is wrong
// with them.
func readArguments(parser *kong.Kong, args []string) commandLine {
	r := &argumentReader{parser: parser}
	r.line.node = parser.Model.Node
	for i, arg := range args {
		if !utf8.ValidString(arg) { // kong would replace the bytes, and a file would not be found
			r.mistake("argument %d is not UTF-8: set the terminal to UTF-8, or rename the file", i+1)
		}
	}
	for len(args) > 0 {
		switch arg := args[0]; {
		case arg == "--":
			r.values = append(r.values, args[1:]...)
			args = nil
		case startsOption(arg):
			args = args[r.option(args):]
		default:
			r.word(arg)
			args = args[1:]
		}
	}
	if r.line.node == parser.Model.Node && !r.line.incomplete && !r.line.help {
		r.line.node = parser.Model.DefaultCmd
	}
	r.line.command = commandPath(r.line.node)
	r.checkValues()
	r.checkOptions()
	return r.line
}

// commandPath returns the words of a command, without those of its arguments.
func commandPath(node *kong.Node) string {
	if node.Parent == nil {
		return ""
	}
	return strings.TrimSpace(commandPath(node.Parent) + " " + node.Name)
}

// mistake adds a mistake.
func (r *argumentReader) mistake(format string, args ...any) {
	r.line.mistakes = append(r.line.mistakes, fmt.Errorf(format, args...))
}

// word reads an argument that is no option: the next word of the command, or a value.
func (r *argumentReader) word(word string) {
	switch {
	case r.line.node.Leaf():
		r.values = append(r.values, word)
		return
	case r.line.incomplete:
		return
	case word == "help":
		r.line.help = true
		return
	}
	for _, child := range r.line.node.Children {
		if child.Name == word {
			r.line.node = child
			return
		}
	}
	if r.unsure {
		return
	}
	r.line.incomplete, r.line.unknown = true, true
	what := "command"
	if path := commandPath(r.line.node); path != "" {
		what = path + " command"
	}
	r.mistake("there is no %s %q: write one of %s", what, models.Sanitize(word), childNames(r.line.node))
}

func childNames(node *kong.Node) string {
	var names []string
	for _, child := range node.Children {
		names = append(names, child.Name)
	}
	return strings.Join(names, ", ")
}

// option reads an option with its value, and returns the number of its arguments.
func (r *argumentReader) option(args []string) int {
	name, _, hasValue := strings.Cut(args[0], "=")
	if !strings.HasPrefix(name, "--") {
		name = name[:2] // the rest may be a value, such as a password
	}
	option := givenOption{arg: args[0]}
	option.flag, option.owner = r.find(r.parser.Model.Node, name)
	switch flag := option.flag; {
	case flag == nil:
		r.unsure = r.unsure || !hasValue
		r.mistake("there is no option %s%s", models.Sanitize(name), r.hint(name))
		return 1
	case flag.Name == "help":
		r.line.help = true
		return 1
	case flag.Name == "version":
		r.line.version = true
		return 1
	case flag.IsBool() || hasValue:
	case len(args) == 1 || startsOption(args[1]):
		r.mistake("%s has no value: write %s=%s", name, name, flag.FormatPlaceHolder())
		return 1
	default:
		option.arg += "=" + args[1] // kong would take a value such as -1s for an option
		r.options = append(r.options, option)
		return 2
	}
	r.options = append(r.options, option)
	return 1
}

// startsOption reports whether an argument is an option, and not a value such as - or -1s.
func startsOption(arg string) bool {
	return len(arg) > 1 && arg[0] == '-' && (arg[1] < '0' || arg[1] > '9')
}

// find returns the option with a name such as --listen or -v, and the command that it belongs to. The options
// of the present command come first.
func (r *argumentReader) find(node *kong.Node, name string) (*kong.Flag, *kong.Node) {
	for _, candidate := range append([]*kong.Node{r.line.node}, allNodes(node)...) {
		for _, flag := range candidate.Flags {
			if name == "--"+flag.Name || flag.Short != 0 && name == "-"+string(flag.Short) {
				return flag, candidate
			}
		}
	}
	return nil, nil
}

func allNodes(node *kong.Node) []*kong.Node {
	nodes := []*kong.Node{node}
	for _, child := range node.Children {
		nodes = append(nodes, allNodes(child)...)
	}
	return nodes
}

// hint returns kong's suggestion for an unknown option, if it has one.
func (r *argumentReader) hint(name string) string {
	if ctx, err := kong.Trace(r.parser, []string{name}); err == nil && ctx.Error != nil {
		if _, suggestion, found := strings.Cut(ctx.Error.Error(), "did you mean "); found {
			return ": did you mean " + suggestion
		}
	}
	return ""
}
