package config

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/headgate-dev/headgate/internal/spelling"
	"github.com/headgate-dev/headgate/registry"
)

const starterHead = `# Which events go where. To check this file: headgate validate. To see what would be
# sent, and what would be taken out first: headgate preview run seconds=3
# All options of a sink: headgate sinks TYPE. For completion in an editor, write
# headgate schema > sinks.schema.json, and make this the first line of the file:
# yaml-language-server: $schema=sinks.schema.json

app:
  name: my-app            # MY_APP_DO_NOT_TRACK=1 turns everything off, as DO_NOT_TRACK=1 does
  # version: 1.0.0

# Events outlive the process, a crash and a loss of power:
# queue:
#   type: disk
#   dir: ./headgate-data

sinks:
`

// Starter returns a commented file with the sinks that are named, each as TYPE or NAME=TYPE;
// the log sink if none is. r is [registry.Default] if nil.
func Starter(r *registry.Registry, sinks []string) (string, error) {
	r = cmp.Or(r, registry.Default)
	if len(sinks) == 0 {
		sinks = []string{"log"}
	}
	var b strings.Builder
	b.WriteString(starterHead)
	taken := make(map[string]bool)
	for i, sink := range sinks {
		name, typ, named := strings.Cut(sink, "=")
		if !named {
			typ = name
		}
		d, ok := r.Lookup(typ)
		if missing := MissingSink(typ, ""); !ok && missing != "" {
			return "", errors.New(missing)
		}
		if !ok {
			message := fmt.Sprintf("there is no sink type %q; this program has %s", clip(typ), strings.Join(r.Types(), ", "))
			if near := spelling.Nearest(typ, r.Types()); near != "" {
				message += "; " + didYouMean(near)
			}
			return "", fmt.Errorf("%s", message)
		}
		if !sinkName.MatchString(name) {
			return "", fmt.Errorf("%q is no name for a sink: want 1 to 64 letters, digits, -, _ and ., the first a letter, digit or _", clip(name))
		}
		if folded := strings.ToLower(name); taken[folded] {
			return "", fmt.Errorf("two sinks would be called %q; name one of them otherwise, as in %s-2=%s", clip(name), clip(name), typ)
		} else {
			taken[folded] = true
		}
		if i > 0 {
			b.WriteString("\n")
		}
		writeStarter(&b, name, d)
	}
	return b.String(), nil
}

// writeStarter writes one sink: its example, then as comments what else it takes.
func writeStarter(b *strings.Builder, name string, d registry.Descriptor) {
	writeComment(b, "  ", d.Summary+" "+reachText(d))
	example, _ := parse([]byte(d.Example)) // a test loads it
	b.WriteString("  " + name + ":")
	var lines strings.Builder
	if name != d.Type {
		lines.WriteString("    type: " + d.Type + "\n")
	}
	if text := strings.TrimSpace(d.Example); text != "" && !complete(d) {
		lines.WriteString(indent(text+"\n", "    "))
	} else {
		example.entries = nil
	}
	b.WriteString("\n" + lines.String())
	given := map[string]bool{typeOption.Key: true}
	for _, e := range example.entries {
		given[e.key] = true
	}
	for _, o := range d.Options {
		if !given[o.Key] && o.Kind != registry.KindObject {
			writeComment(b, "    ", o.Doc)
			b.WriteString("    # " + o.Key + ": " + starterValue(name, o) + "\n")
		}
	}
}

// complete reports whether a sink needs nothing to be said.
func complete(d registry.Descriptor) bool {
	for _, o := range d.Options {
		if o.Required {
			return false
		}
	}
	return guard(func() error { return d.Validate(d.NewOptions()) }) == nil
}

// starterValue returns something that the option can be.
func starterValue(sink string, o registry.Option) string {
	row := optionRow{Option: o}
	switch {
	case o.Secret && o.Kind.Scalar():
		return "${" + variable(sink+"_"+o.Key) + "}"
	case o.Example != "" && o.Kind == registry.KindMap:
		return "{" + o.Example + "}"
	case o.Example != "":
		return row.example()
	case o.Default != "":
		return quoted(o.Default)
	case o.Enum != nil:
		return o.Enum[0]
	}
	return map[registry.Kind]string{
		registry.KindBool: "true", registry.KindInt: cmp.Or(o.Min, "1"), registry.KindFloat: "1.0", registry.KindDuration: "10s",
		registry.KindSize: "1MiB", registry.KindList: "[]", registry.KindMap: "{}",
	}[o.Kind]
}

// quoted writes a text so that YAML reads it as it is.
func quoted(text string) string {
	if strings.ContainsAny(text, ":#{}[],&*!|>'\"%@`") {
		return "'" + strings.ReplaceAll(text, "'", "''") + "'"
	}
	return text
}

// variable returns the name of an environment variable.
func variable(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '.' {
			return '_'
		}
		return r
	}, strings.ToUpper(name))
}

// writeComment writes a text as comments of up to 90 columns.
func writeComment(b *strings.Builder, indentation, text string) {
	line := indentation + "#"
	for word := range strings.FieldsSeq(text) {
		if len(line)+1+len(word) > 90 && line != indentation+"#" {
			b.WriteString(line + "\n")
			line = indentation + "#"
		}
		line += " " + word
	}
	b.WriteString(line + "\n")
}
