package registry

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// Kind is the shape of an option's value.
type Kind string

// The kinds of option.
const (
	KindString   Kind = "string"
	KindBool     Kind = "boolean"
	KindInt      Kind = "whole number"
	KindFloat    Kind = "number"
	KindDuration Kind = "duration"
	KindSize     Kind = "size"
	KindList     Kind = "list of strings"
	KindMap      Kind = "mapping of strings"
	KindObject   Kind = "mapping"
)

// Scalar reports whether the option is written as a single value.
func (k Kind) Scalar() bool { return k != KindList && k != KindMap && k != KindObject }

// Option is one key of an option struct, as its tags describe it.
type Option struct {
	Key  string
	Kind Kind
	// Secret says that the value, or every value in it, must never be printed.
	Secret   bool
	Doc      string
	Required bool
	// Default is the text of the value when the key is absent, "" if there is none.
	Default string
	// Enum holds the only values allowed, nil if any is.
	Enum    []string
	Example string
	// Min and Max are bounds in the option's own notation, "" if there is none. A Min
	// that starts with ">" is itself excluded.
	Min, Max string
	// Options are the keys of a nested struct.
	Options []Option

	index   []int        // of the field, from the struct that [Options] was given
	typ     reflect.Type // of the field, or what it points to
	pointer bool
	field   string // Go name, for panics
}

var (
	typeSecret   = reflect.TypeFor[core.Secret]()
	typeDuration = reflect.TypeFor[time.Duration]()
	typeSize     = reflect.TypeFor[Size]()
	optionKey    = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

// Options describes the fields of an option struct. Its error is about the tags, and
// so about the program, not about anything a user wrote.
func Options(structType reflect.Type) ([]Option, error) {
	if structType.Kind() != reflect.Struct {
		return nil, fmt.Errorf("options must be a struct, not %s", structType)
	}
	options, err := structOptions(structType, nil)
	if err != nil {
		return nil, err
	}
	seen := make(map[string]string)
	for _, o := range options {
		if other, twice := seen[o.Key]; twice {
			return nil, fmt.Errorf("field %s: key %q is taken by field %s", o.field, o.Key, other)
		}
		seen[o.Key] = o.field
	}
	return options, nil
}

// structOptions describes the fields of structType, which is found at index of the struct to describe.
func structOptions(structType reflect.Type, index []int) ([]Option, error) {
	var options []Option
	for i := range structType.NumField() {
		f := structType.Field(i)
		at := append(slices.Clone(index), i)
		key, tagged := f.Tag.Lookup("yaml")
		switch {
		case key == "-", !f.IsExported() && !tagged:
			continue
		case key == ",inline" && f.Type.Kind() == reflect.Struct && f.IsExported():
			inlined, err := structOptions(f.Type, at)
			if err != nil {
				return nil, err
			}
			options = append(options, inlined...)
			continue
		}
		o, err := fieldOption(structType, f, key)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", fieldName(structType, f), err)
		}
		o.index = at
		options = append(options, o)
	}
	return options, nil
}

// fieldName names a field for who wrote it; a nested struct often has no name.
func fieldName(structType reflect.Type, f reflect.StructField) string {
	return strings.TrimPrefix(structType.Name()+"."+f.Name, ".")
}

func fieldOption(structType reflect.Type, f reflect.StructField, key string) (Option, error) {
	o := Option{
		Key: key, Doc: f.Tag.Get("doc"), Default: f.Tag.Get("default"), Example: f.Tag.Get("example"),
		Min: f.Tag.Get("min"), Max: f.Tag.Get("max"),
		field: fieldName(structType, f), typ: f.Type,
	}
	if list := f.Tag.Get("enum"); list != "" {
		o.Enum = strings.Split(list, ",")
	}
	switch required, given := f.Tag.Lookup("required"); {
	case !f.IsExported():
		return o, errors.New("an option's field must be exported")
	case key == "":
		return o, errors.New(`tag yaml is missing; write yaml:"-" for a field that is no option`)
	case !optionKey.MatchString(key):
		return o, fmt.Errorf("key %q must be lower case letters, digits and underscores", key)
	case o.Doc == "":
		return o, errors.New("tag doc is missing")
	case given && required != "true" && required != "false":
		return o, fmt.Errorf("tag required is %q; want true or false", required)
	default:
		o.Required = required == "true"
	}
	if o.typ.Kind() == reflect.Pointer {
		o.pointer, o.typ = true, o.typ.Elem()
	}
	if err := o.setKind(); err != nil {
		return o, err
	}
	return o, o.checkTags()
}

// setKind finds the kind of the field's type.
func (o *Option) setKind() error {
	t := o.typ
	switch {
	case t == typeSecret:
		o.Kind, o.Secret = KindString, true
	case t == typeDuration:
		o.Kind = KindDuration
	case t == typeSize:
		o.Kind = KindSize
	case t.Kind() == reflect.String:
		o.Kind = KindString
	case t.Kind() == reflect.Bool:
		o.Kind = KindBool
	case t.Kind() >= reflect.Int && t.Kind() <= reflect.Uint64:
		o.Kind = KindInt
	case t.Kind() == reflect.Float64:
		o.Kind = KindFloat
	case o.pointer:
		return fmt.Errorf("unsupported type *%s", t)
	case t.Kind() == reflect.Slice && isText(t.Elem()):
		o.Kind, o.Secret = KindList, t.Elem() == typeSecret
	case t.Kind() == reflect.Map && t.Key().Kind() == reflect.String && isText(t.Elem()):
		o.Kind, o.Secret = KindMap, t.Elem() == typeSecret
	case t.Kind() == reflect.Struct:
		o.Kind = KindObject
		children, err := Options(t)
		o.Options = children
		return err
	default:
		return fmt.Errorf("unsupported type %s", t)
	}
	return nil
}

func isText(t reflect.Type) bool { return t == typeSecret || t.Kind() == reflect.String }

// checkTags finds tags that contradict each other or the type.
func (o *Option) checkTags() error {
	bounded := o.Min != "" || o.Max != ""
	switch {
	case o.Required && o.Default != "":
		return errors.New("a required option cannot have a default")
	case o.Secret && (o.Default != "" || o.Enum != nil):
		return errors.New("a secret cannot have a default or an enum")
	case (o.Kind == KindMap || o.Kind == KindObject) && o.Default != "":
		return fmt.Errorf("a %s cannot have a default", o.Kind)
	case o.Enum != nil && o.Kind != KindString && o.Kind != KindList:
		return fmt.Errorf("a %s cannot have an enum", o.Kind)
	case bounded && !o.ordered():
		return fmt.Errorf("a %s cannot have min or max", o.Kind)
	}
	if err := o.checkTagValues(); err != nil {
		return err
	}
	if o.Kind == KindString && o.Enum != nil && o.Default == "" && !o.Required && !o.pointer && !slices.Contains(o.Enum, "") {
		return errors.New("an option with an enum needs a default, or required, or to be a pointer")
	}
	return nil
}

// checkTagValues finds bounds and a default that are not themselves values of the option.
func (o *Option) checkTagValues() error {
	low, _ := o.lowest()
	for _, tag := range []struct{ name, text string }{{"min", low}, {"max", o.Max}} {
		if tag.text == "" || !o.ordered() {
			continue
		}
		if _, err := o.number(tag.text); err != nil {
			return fmt.Errorf("tag %s: %w", tag.name, err)
		}
	}
	if o.Default == "" || o.Kind == KindObject {
		return nil
	}
	alone := *o
	alone.index, alone.pointer = []int{0}, false
	holder := reflect.New(reflect.StructOf([]reflect.StructField{{Name: "V", Type: o.typ}})).Elem()
	if err := alone.Set(holder, o.Default); err != nil {
		return fmt.Errorf("tag default: %w", err)
	}
	return nil
}

// ordered reports whether values of the option can be compared.
func (o *Option) ordered() bool {
	switch o.Kind {
	case KindInt, KindFloat, KindDuration, KindSize:
		return true
	}
	return false
}
