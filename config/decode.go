package config

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/internal/spelling"
	"github.com/headgate-dev/headgate/registry"
)

// decoder fills option structs from values and collects every problem on the way.
type decoder struct {
	expander
	source     source
	problems   Problems
	warnings   Problems
	hashKeys   []core.HashKey // of privacy.hash_key_file
	unresolved bool           // a tolerated reference had no value
	secrets    bool           // some secret is written in the file
	verbatim   bool           // nothing is expanded
	language   registry.Language

	lettersKept bool // dead letters are on disk
}

func (d *decoder) problem(at position, hint, format string, args ...any) {
	d.problems = append(d.problems, Problem{Line: at.line, Column: at.column, Message: fmt.Sprintf(format, args...), Hint: hint})
}

func (d *decoder) warn(at position, format string, args ...any) {
	d.warnings = append(d.warnings, Problem{Line: at.line, Column: at.column, Message: fmt.Sprintf(format, args...)})
}

// group is options with the struct they are stored in. A mapping can fill several.
type group struct {
	options []registry.Option
	target  reflect.Value
}

// place remembers where a key was found, for problems that are found later.
type place struct {
	key, value position
	// open says that the value is not known: it is wrong, or refers to what is not there.
	open bool
	// reference is what the value, or an item of it, refers to; empty if it is all in the file.
	reference string
	elsewhere []elsewhere // what must not be told of it
	in        places
}

// refer remembers what the value, or an item of it, refers to.
func (p *place) refer(o *registry.Option, x expansion) {
	if p.reference == "" {
		p.reference = x.reference()
	}
	p.elsewhere = append(p.elsewhere, notInFile(o, x)...)
}

// places are the keys that are in a mapping.
type places map[string]place

// others are keys of a mapping that are no options: take is handed every key that is
// none and says whether it is one of these. Names holds them, to suggest.
type others struct {
	names []string
	take  func(entry) bool
}

// mapping stores the entries of v, a mapping or nothing, in the options of groups. It
// is itself the value of the key at the position at.
func (d *decoder) mapping(v value, at position, other others, groups ...group) places {
	found := make(places)
	mistyped := make(map[string]bool) // keys that unknown ones were meant to be
	for _, e := range v.entries {
		if o, target, ok := find(groups, e.key); ok {
			found[e.key] = d.option(o, e, target)
		} else if other.take == nil || !other.take(e) {
			suggestion := suggestKey(e.key, other.names, groups)
			mistyped[suggestion] = true
			d.problem(e.position, didYouMean(suggestion), "unknown key %q", clip(e.key))
		}
	}
	for _, g := range groups {
		for _, o := range g.options {
			if _, present := found[o.Key]; o.Required && !present && !mistyped[o.Key] {
				d.problem(at, missingHint(o), "missing key %q", o.Key)
			}
		}
	}
	return found
}

// missingHint says what a missing key is for.
func missingHint(o registry.Option) string {
	about := strings.TrimSuffix(o.Doc, ".")
	if o.Example != "" {
		about += ", e.g. " + o.Example
	}
	return about
}

func find(groups []group, key string) (*registry.Option, reflect.Value, bool) {
	for _, g := range groups {
		for i := range g.options {
			if g.options[i].Key == key {
				return &g.options[i], g.target, true
			}
		}
	}
	return nil, reflect.Value{}, false
}

// suggestKey returns the key nearest to an unknown one, or the path of a nested key
// of exactly that name.
func suggestKey(key string, names []string, groups []group) string {
	keys := slices.Clone(names)
	nested := ""
	for _, g := range groups {
		for _, o := range g.options {
			keys = append(keys, o.Key)
			for _, child := range o.Options {
				if child.Key == key && nested == "" {
					nested = o.Key + "." + child.Key
				}
			}
		}
	}
	if nested != "" {
		return nested
	}
	return spelling.Nearest(key, keys)
}

// option stores the value of one key.
func (d *decoder) option(o *registry.Option, e entry, target reflect.Value) place {
	p := place{key: e.position, value: e.value.position}
	switch o.Kind {
	case registry.KindObject:
		if s := e.value.shape; s != shapeMapping && s != shapeNull {
			d.problem(e.value.position, "", "%s: want %s, got %s", o.Key, wanted(o), s)
			return p
		}
		p.in = d.mapping(e.value, e.position, others{}, group{o.Options, o.Field(target)})
	case registry.KindList:
		p.open = d.list(o, e.value, target, &p)
	case registry.KindMap:
		p.open, p.in = d.textMap(o, e.value, target)
	default:
		p.open = d.scalar(o, e.value, target, &p)
	}
	return p
}

// scalar stores a single value, which is at p. It reports whether it stays open.
func (d *decoder) scalar(o *registry.Option, v value, target reflect.Value, p *place) (open bool) {
	if v.shape == shapeNull && !o.Required {
		return false // "key:" without a value leaves it at its default
	}
	x, ok := d.text(o, v)
	if !ok || x.unresolved {
		return true
	}
	if o.Required && x.text == "" {
		d.problem(v.position, "", "%s: is required and must not be empty", o.Key)
		return true
	}
	if err := o.Set(target, x.text); err != nil {
		d.wrongValue(o, v, x, err)
		return true
	}
	p.refer(o, x)
	return false
}

// text returns what a scalar says once its references are replaced. It checks that
// what is written suits the option; a value from elsewhere is only text.
func (d *decoder) text(o *registry.Option, v value) (expansion, bool) {
	switch {
	case v.shape == shapeNull:
		d.problem(v.position, "", "%s: has no value; give it one or remove the key", o.Key)
		return expansion{}, false
	case !v.scalar():
		d.problem(v.position, "", "%s: want %s, got %s", clip(o.Key), wanted(o), v.shape)
		return expansion{}, false
	}
	x := expansion{text: v.text}
	if v.shape == shapeString && !d.verbatim {
		x = d.expand(v.text)
		d.unresolved = d.unresolved || x.unresolved
		if len(x.faults) > 0 {
			d.faults(v, x.faults)
			return x, false
		}
	}
	if len(x.references) > 0 {
		return x, true
	}
	if hint, ok := suits(o, v); !ok {
		d.problem(v.position, hint, "%s: want %s, got %s", clip(o.Key), wanted(o), shown(o, v))
		return x, false
	}
	if o.Secret && x.text != "" && holdsSecret(x.text) {
		d.secrets = true
		d.warn(v.position, "%s: this secret is written in the file; use ${VARIABLE} or ${file:/path}", clip(o.Key))
	}
	return x, true
}

// faults reports the references of a scalar that cannot be replaced, each at its place.
func (d *decoder) faults(v value, faults []fault) {
	at := d.source.references(v, faults[len(faults)-1].ordinal+1)
	for _, f := range faults {
		d.problem(at[f.ordinal], "", "%s", f.message)
	}
}

// suits reports whether a scalar is written as the option wants it, and if not, what
// would help. Quotes make a string of everything.
func suits(o *registry.Option, v value) (hint string, ok bool) {
	switch o.Kind {
	case registry.KindString, registry.KindList, registry.KindMap:
		return "put it in quotes", v.shape != shapeBool
	case registry.KindBool:
		return unquoteHint(v, "true", "false"), v.shape == shapeBool
	case registry.KindInt, registry.KindFloat:
		return unquoteHint(v), v.shape == shapeNumber
	case registry.KindDuration:
		if isNumber(v.text) && v.text != "0" {
			return "give a unit: " + v.text + "s", false
		}
		return "", v.shape != shapeBool
	default:
		return "", v.shape != shapeBool
	}
}

// unquoteHint says that it is only the quotes that are wrong, if it is.
func unquoteHint(v value, words ...string) string {
	if !v.plain && (isNumber(v.text) || slices.Contains(words, v.text)) {
		return "without the quotes"
	}
	return ""
}

func isNumber(text string) bool {
	_, err := strconv.ParseFloat(text, 64)
	return err == nil
}

// wrongValue reports text that is not a value of the option. Text that came from
// elsewhere is named by its reference only.
func (d *decoder) wrongValue(o *registry.Option, v value, x expansion, err error) {
	wrong, ok := err.(*registry.ValueError)
	if !ok {
		d.problem(v.position, "", "%s: this value does not fit", clip(o.Key))
		return
	}
	hint, got := didYouMean(spelling.Nearest(x.text, wrong.Allowed)), shown(o, v)
	if from := x.reference(); from != "" {
		hint, got = "", "the value of "+from
	}
	d.problem(v.position, hint, "%s: want %s, got %s", clip(o.Key), wrong.Want, got)
}

// wanted describes the values of an option after the word "want".
func wanted(o *registry.Option) string {
	switch o.Kind {
	case registry.KindBool:
		return "true or false"
	case registry.KindList:
		return "a list such as [a, b]"
	case registry.KindMap, registry.KindObject:
		return "a mapping"
	case registry.KindDuration:
		return "a duration such as 500ms, 10s or 15m"
	case registry.KindSize:
		return "a size such as 64MiB, 10MB or 4096"
	default:
		return "a " + string(o.Kind)
	}
}

// shown describes what was written, without the value if it is a secret.
func shown(o *registry.Option, v value) string {
	switch {
	case o.Secret || !v.scalar():
		return string(v.shape)
	case v.shape == shapeString:
		return strconv.Quote(clip(v.text))
	default:
		return clip(v.text)
	}
}
