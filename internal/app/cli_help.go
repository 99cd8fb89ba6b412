package app

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"customer-events/internal/importer"
)

const description = "Records web customer events in bulk over GraphQL and the CRM's Web API. Every " +
	"option is a flag and an environment variable; flags take precedence."

// databaseCommands are the commands that open the database themselves.
var databaseCommands = []string{
	"serve", "migrate", "user add", "user password", "user units", "user disable", "user enable",
	"user delete", "user list", "import", "export",
}

// optionGroup is a group of the options at the root of the command line.
type optionGroup struct {
	key, title string
	// commands have the options. others accept them without using them, because a script may give the same
	// options of the database to every command.
	commands, others []string
}

var optionGroups = []optionGroup{
	{key: "database", title: "Database:", commands: databaseCommands},
	{key: "key", title: "Secret key:", commands: []string{"serve", "import"}, others: databaseCommands},
	{key: "network", title: "Network:", commands: []string{"serve"}},
	{key: "access", title: "Access:", commands: []string{"serve"}},
	{key: "events", title: "Events:", commands: []string{"serve"}},
	{key: "observability", title: "Observability:", commands: []string{"serve"}},
}

func helpGroups() []kong.Group {
	groups := make([]kong.Group, len(optionGroups))
	for i, group := range optionGroups {
		groups[i] = kong.Group{Key: group.key, Title: group.title}
	}
	return groups
}

// groupOf returns the group of an option; nil for options of every command, such as --help.
func groupOf(of *kong.Group) *optionGroup {
	for i := range optionGroups {
		if of != nil && optionGroups[i].key == of.Key {
			return &optionGroups[i]
		}
	}
	return nil
}

// commandsOf returns the first words of the commands that have the options of a group.
func commandsOf(of *kong.Group) (words []string) {
	for _, command := range groupOf(of).commands {
		word, _, _ := strings.Cut(command, " ")
		words = append(words, word)
	}
	return slices.Compact(words)
}

// acceptsGroup reports whether the command accepts the options of a group.
func acceptsGroup(command string, of *kong.Group) bool {
	group := groupOf(of)
	return group == nil || slices.Contains(group.commands, command) || slices.Contains(group.others, command)
}

// showsGroup reports whether the help of a command shows the options of a group. The help of the program
// shows all, that of "user" those of its commands.
func showsGroup(command string, of *kong.Group) bool {
	group := groupOf(of)
	return group == nil || command == "" || slices.ContainsFunc(group.commands, func(name string) bool {
		return name == command || strings.HasPrefix(name, command+" ")
	})
}

// printHelp prints the help of the program or of a command.
func printHelp(parser *kong.Kong, line commandLine) {
	for _, flag := range parser.Model.Flags {
		flag.Hidden = flag.Hidden || !showsGroup(line.command, flag.Group)
	}
	// kong prints the help, and then reports the arguments that are missing.
	_, _ = parser.Parse(append(strings.Fields(line.command), "--help"))
}

// addTexts adds the texts of the options and of the commands, which are too long for struct tags.
func addTexts(app *kong.Application) {
	for _, flag := range app.Flags {
		if text := optionTexts[flag.Name]; text != "" {
			flag.Help = text
		}
	}
	for _, node := range allNodes(app.Node) {
		node.Detail = detailOf(commandPath(node))
	}
}

// detailOf returns the text that the help of a command shows below its first sentence. Indented lines are
// printed as they are.
func detailOf(command string) string {
	text := details[command]
	switch command {
	case "import":
		text = kindsHelp() + "\n\n" + text
	case "export":
		text = "The kinds are " + strings.Join(importer.Kinds(), ", ") + ". " + text
	}
	var examples []string
	for _, example := range commandExamples[command] {
		examples = append(examples, "    customer-events "+example)
	}
	if len(examples) > 0 {
		text += "\n\nExamples:\n\n" + strings.Join(examples, "\n")
	}
	return strings.TrimSpace(text)
}

// kindsHelp lists the kinds in the order of importing, with their columns.
func kindsHelp() string {
	var text strings.Builder
	text.WriteString("The kinds and their columns, in the order in which to import them, because rows " +
		"refer to kinds before them (* is mandatory):\n")
	for i, kind := range importer.Kinds() {
		fmt.Fprintf(&text, "\n    %d  %-21s %s", i+1, kind, wrapColumns(importer.Columns(kind)))
	}
	return text.String()
}

// wrapColumns puts many columns onto several lines.
func wrapColumns(columns []string) string {
	var lines []string
	for chunk := range slices.Chunk(columns, 4) {
		lines = append(lines, strings.Join(chunk, ", "))
	}
	return strings.Join(lines, ",\n"+strings.Repeat(" ", 4+3+22))
}
