package app

import (
	"errors"
	"fmt"
	"slices"
	"strings"

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
	arg   string // with its value, as --name=value
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

// checkValues checks that the command is complete, and the number of its values. It does not repeat a value,
// which may be a password at a wrong place.
func (r *argumentReader) checkValues() {
	node := r.line.node
	if r.line.incomplete || r.line.help || r.line.version {
		return
	}
	if !node.Leaf() {
		r.line.incomplete = true
		if !r.unsure {
			r.mistake("%s needs a command: write one of %s", r.line.command, childNames(node))
		}
		return
	}
	var names []string
	least, most := 0, 0
	for _, positional := range node.Positional {
		if positional.Required {
			least++
		}
		names = append(names, strings.ToUpper(positional.Name))
		most++
	}
	needed := strings.Join(names, " and ")
	switch {
	case len(r.values) < least:
		r.line.incomplete = true
		r.mistake("%s needs %s: write customer-events %s %s", r.line.command, needed, r.line.command,
			strings.Join(names, " "))
	case len(r.values) > most:
		r.line.incomplete = true
		switch {
		case r.unsure:
		case most == 0:
			r.mistake("%s takes no arguments, and %d were given", r.line.command, len(r.values))
		default:
			r.mistake("%s takes %s, and %d arguments were given: put a value with blanks into quotes",
				r.line.command, needed, len(r.values))
		}
	}
}

// checkOptions reports the options that the command does not have, and collects the accepted arguments.
func (r *argumentReader) checkOptions() {
	known := r.line.command != "" && r.line.node.Leaf()
	var root, own []string
	for _, option := range r.options {
		atRoot := option.owner == r.parser.Model.Node
		switch {
		case atRoot && known && !acceptsGroup(r.line.command, option.flag.Group):
			r.mistake("%s has no option --%s: it is an option of %s", r.line.command, option.flag.Name,
				strings.Join(commandsOf(option.flag.Group), ", "))
		case atRoot:
			root = append(root, option.arg)
		case known && option.owner != r.line.node:
			r.mistake("%s has no option --%s: it is an option of %s", r.line.command, option.flag.Name,
				commandPath(option.owner))
		default:
			own = append(own, option.arg)
		}
	}
	if r.line.incomplete || !known {
		r.line.incomplete, r.line.accepted = true, root
		return
	}
	r.line.accepted = slices.Concat(strings.Fields(r.line.command), root, own)
	if len(r.values) > 0 {
		r.line.accepted = append(append(r.line.accepted, "--"), r.values...)
	}
}

// onOff is an option without a value. Unlike a bool, it accepts every text of an environment variable, so that
// a wrong one is reported together with the other mistakes.
type onOff struct{ text string }

// IsBool makes kong accept the option without a value.
func (*onOff) IsBool() bool { return true }

// Decode reads the value.
func (o *onOff) Decode(ctx *kong.DecodeContext) error {
	o.text = "true"
	if ctx.Scan.Peek().Type == kong.FlagValueToken {
		o.text = fmt.Sprint(ctx.Scan.Pop().Value)
	}
	return nil
}

// value returns whether the option is on.
func (o onOff) value() (bool, error) {
	switch strings.ToLower(o.text) {
	case "true", "1", "yes", "on":
		return true, nil
	case "", "false", "0", "no", "off":
		return false, nil
	}
	return false, errors.New("write true or false")
}
