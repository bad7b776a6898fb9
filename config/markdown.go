package config

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/headgate-dev/headgate/registry"
)

// Pages returns the reference of sinks.yaml as Markdown files by their names: one for
// each sink type in r, [registry.Default] if nil, and README.md, with the options of
// every sink and of the file as a whole.
func Pages(r *registry.Registry) map[string]string {
	r = cmp.Or(r, registry.Default)
	var descriptors []registry.Descriptor
	for _, typ := range r.Types() {
		if d, ok := r.Lookup(typ); ok {
			descriptors = append(descriptors, d)
		}
	}
	pages := map[string]string{"README.md": overviewPage(descriptors)}
	for _, d := range descriptors {
		pages[d.Type+".md"] = sinkPage(d)
	}
	return pages
}

const generated = "<!-- Code generated from the options' tags by \"go generate ./config\". DO NOT EDIT. -->\n\n"

func sinkPage(d registry.Descriptor) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s# %s\n\n%s %s\n", generated, d.Type, d.Summary, reachText(d))
	if limits := limitsText(d.Limits); limits != "" {
		fmt.Fprintf(&b, "A batch has %s.\n", limits)
	}
	if d.Example != "" {
		fmt.Fprintf(&b, "\n```yaml\n%s```\n", exampleFile(d))
	}
	if len(d.Options) > 0 {
		b.WriteString("\n## Options\n\n")
		writeTable(&b, d.Options)
	}
	b.WriteString("\nBeside these stand the [options of every sink](README.md#options-of-every-sink).\n")
	for _, sentence := range defaultsText(d) {
		b.WriteString(sentence + "\n")
	}
	if len(d.VendorLimits) > 0 {
		writeLimits(&b, d.VendorLimits)
	}
	return b.String()
}

func overviewPage(descriptors []registry.Descriptor) string {
	var b strings.Builder
	b.WriteString(generated + "# sinks.yaml\n\n## Sink types\n\n| type | what it does |\n|---|---|\n")
	for _, d := range descriptors {
		fmt.Fprintf(&b, "| [%s](%s.md) | %s %s |\n", d.Type, d.Type, cell(d.Summary), reachText(d))
	}
	b.WriteString("\n## Options of every sink\n\nThey stand under a sink's name, beside the options of its type. " +
		"All but `type` may also stand under `defaults:` at the top level, for every sink that does not say otherwise.\n\n")
	writeTable(&b, append([]registry.Option{typeOption}, deliveryOptions...))
	b.WriteString("\n## Options of the file\n\n")
	writeTable(&b, settingsOptions)
	b.WriteString("\n## Values\n\n" +
		"Durations are written as `500ms`, `10s` or `1h30m`, sizes as `64MiB` (powers of 1024), `10MB` (powers of 1000) or a plain number of bytes.\n" +
		"In every value, `${VAR}` stands for an environment variable, `${VAR:-default}` for one with a default, " +
		"`${file:/path}` for the content of a file; `$${` is a literal `${`. What stands for a reference is never read as YAML.\n")
	return b.String()
}

func writeTable(b *strings.Builder, options []registry.Option) {
	b.WriteString("| key | value | default | |\n|---|---|---|---|\n")
	for _, row := range optionRows("", options) {
		value := row.kind()
		if bounds := row.bounds(); bounds != "" {
			value += ", " + bounds
		}
		if row.Secret {
			value += ", secret"
		}
		standard := ""
		switch {
		case row.Required:
			standard = "**required**"
		case row.Default != "":
			standard = "`" + row.Default + "`"
		}
		doc := row.Doc
		if row.Example != "" {
			doc += " For example `" + row.example() + "`."
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", row.path, cell(value), cell(standard), cell(doc))
	}
}

func writeLimits(b *strings.Builder, limits []registry.Limit) {
	b.WriteString("\n## Limits\n\n| of | at | how it is kept | |\n|---|---|---|---|\n")
	for _, l := range limits {
		fmt.Fprintf(b, "| %s | %d %s | %s | [source](%s) |\n", cell(l.What), l.Max, cell(l.Unit), cell(l.Kept), cell(l.Source))
	}
}

// cell escapes text for a cell of a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
