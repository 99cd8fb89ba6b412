package app

import (
	"slices"
	"strings"
)

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
