// Package events writes down what the usage events say.
package events

import (
	"fmt"
	"strings"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/usage"
)

const head = `<!-- Code generated from the tags of package usage by "go generate ./usage". DO NOT EDIT. -->

# What usage events say

Every event that package usage sends, with every property it can have. A test fails when a
property is not described here.

* **public**: known to tell nothing of a person and to be no secret. A number, true or false, or a
  text that is one short word passes as it is; any other text is scanned all the same.
* **text**: free text. What is found in it is taken out: see [privacy.md](privacy.md).
* **scanned**: known to nobody beforehand; it is scanned, and left out under ` + "`sanitize: strict`" + `.

`

// envelope are the members that every event has beside its properties.
var envelope = [][3]string{
	{"id", "always", "a random id of the event, by which repetitions are known"},
	{"name", "always", "the name of the event"},
	{"time", "always", "when it happened"},
	{"user_id", "if the program says who", "whom it is about, without what was found in it; a sink may get a pseudonym or nothing"},
	{"anonymous_id", "else", "the random id of the installation, which says nothing of the machine or the person"},
	{"session_id", "if the program says", "which session it belongs to"},
	{"properties.clientType", "always", "what sort of client, such as oss"},
	{"properties.timestamp", "always", "when it happened, in the form that Langflow writes"},
	{"context.app", "if it has a name", "name and version of the program"},
	{"context.ci", "in continuous integration", "true"},
}

// Markdown returns the catalogue.
func Markdown() string {
	var b strings.Builder
	b.WriteString(head)
	b.WriteString("## What every event has\n\n| member | when | what it is |\n|---|---|---|\n")
	for _, row := range envelope {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", row[0], row[1], row[2])
	}
	for _, p := range usage.Catalogue() {
		fmt.Fprintf(&b, "\n## %s\n\n| property | type | class | what it is |\n|---|---|---|---|\n", p.EventName())
		for _, f := range core.SchemaOf(p).Fields {
			class := f.Class
			if class == "" {
				class = "scanned"
			}
			doc := f.Doc
			if f.Optional {
				doc += " (may be absent)"
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.Name, f.Type, class, doc)
		}
	}
	return b.String()
}
