package config

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

// Reference describes a sink type for a terminal: what it does, its options and those
// of every sink, their types, defaults and bounds, and an example. It returns false if
// r, [registry.Default] if nil, has no such type.
func Reference(r *registry.Registry, typ string) (string, bool) {
	d, ok := cmp.Or(r, registry.Default).Lookup(typ)
	if !ok {
		return "", false
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n%s\n", d.Type, d.Summary, reachText(d))
	if limits := limitsText(d.Limits); limits != "" {
		fmt.Fprintf(&b, "A batch has %s.\n", limits)
	}
	writeOptions(&b, "OPTIONS", d.Options)
	writeOptions(&b, "OPTIONS OF EVERY SINK", append([]registry.Option{typeOption}, deliveryOptions...))
	if sentences := defaultsText(d); len(sentences) > 0 {
		b.WriteString("\nDEFAULTS OF THIS SINK\n  " + strings.Join(sentences, "\n  ") + "\n")
	}
	if len(d.VendorLimits) > 0 {
		b.WriteString("\nLIMITS\n")
		for _, l := range d.VendorLimits {
			fmt.Fprintf(&b, "  %s\n      %s\n", l, l.Source)
		}
	}
	if d.Example != "" {
		b.WriteString("\nEXAMPLE\n" + indent(exampleFile(d), "  "))
	}
	return b.String(), true
}

func writeOptions(b *strings.Builder, title string, options []registry.Option) {
	rows := optionRows("", options)
	if len(rows) == 0 {
		return
	}
	b.WriteString("\n" + title + "\n")
	for _, row := range rows {
		traits := []string{row.kind()}
		if row.Required {
			traits = append(traits, "required")
		}
		if row.Secret {
			traits = append(traits, "secret")
		}
		if bounds := row.bounds(); bounds != "" {
			traits = append(traits, bounds)
		}
		if row.Default != "" {
			traits = append(traits, "default "+row.Default)
		}
		fmt.Fprintf(b, "  %s  (%s)\n", row.path, strings.Join(traits, ", "))
		b.WriteString("      " + row.Doc)
		if row.Example != "" {
			b.WriteString(" For example " + row.example() + ".")
		}
		b.WriteString("\n")
	}
}

// optionRow is an option with the path that leads to it.
type optionRow struct {
	registry.Option
	path string
}

// optionRows lists options, each mapping followed by what is in it.
func optionRows(prefix string, options []registry.Option) (rows []optionRow) {
	for _, o := range options {
		rows = append(rows, optionRow{o, prefix + o.Key})
		rows = append(rows, optionRows(prefix+o.Key+".", o.Options)...)
	}
	return rows
}

// kind says what is to be written: one of a few words, or a value of a type.
func (row optionRow) kind() string {
	if row.Enum == nil {
		return string(row.Kind)
	}
	words := strings.Join(row.Enum, " | ")
	if row.Kind == registry.KindList {
		return "list of " + words
	}
	return words
}

// bounds says what a number must be at least and at most, "" if it may be any.
func (row optionRow) bounds() string {
	if row.Min != "" && row.Min == row.Max {
		return "only " + row.Min
	}
	var parts []string
	if low, excluded := strings.CutPrefix(row.Min, ">"); excluded {
		parts = append(parts, "more than "+low)
	} else if low != "" {
		parts = append(parts, "at least "+low)
	}
	if row.Max != "" {
		parts = append(parts, "at most "+row.Max)
	}
	return strings.Join(parts, " and ")
}

// example returns the example as it is written in a file.
func (row optionRow) example() string {
	if row.Kind != registry.KindList {
		return row.Example
	}
	return `["` + strings.ReplaceAll(row.Example, ",", `", "`) + `"]`
}

// reachText says how far a sink type carries events, and under which of its options less far.
func reachText(d registry.Descriptor) string {
	clauses := []string{"Events " + carried(d.Reach)}
	decides := make(map[*registry.Option]bool)
	for _, a := range choicesOf(d) {
		for _, b := range choicesOf(d) {
			decides[a.option] = decides[a.option] || a.option == b.option && reachWith(d, a) != reachWith(d, b)
		}
	}
	for reach := d.Reach + 1; reach <= core.ReachLocal; reach++ {
		var with []string
		for _, c := range choicesOf(d) {
			if decides[c.option] && reachWith(d, c) == reach {
				with = append(with, c.String())
			}
		}
		if len(with) > 0 {
			clauses = append(clauses, "with "+strings.Join(with, " or ")+" they "+carried(reach))
		}
	}
	return strings.Join(clauses, "; ") + "."
}

func carried(r core.Reach) string {
	switch r {
	case core.ReachLocal:
		return "stay on this machine"
	case core.ReachNetwork:
		return "leave this machine for a place that its operator runs"
	default:
		return "go to a third party"
	}
}

// limitsText says what the destination bounds whatever the options, "" if nothing.
func limitsText(l core.Limits) string {
	var parts []string
	if l.MaxEvents > 0 {
		parts = append(parts, fmt.Sprintf("at most %d events", l.MaxEvents))
	}
	if l.MaxBytes > 0 {
		parts = append(parts, fmt.Sprintf("at most %s", registry.Size(l.MaxBytes)))
	}
	return strings.Join(parts, " and ")
}

// exampleFile returns the example of a sink type as a file of its own.
func exampleFile(d registry.Descriptor) string {
	return "sinks:\n  " + d.Type + ":\n" + indent(strings.TrimSpace(d.Example)+"\n", "    ")
}

// indent puts prefix before every line of text.
func indent(text, prefix string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(prefix + line)
	}
	return b.String()
}
