package registry

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/headgate-dev/headgate/core"
)

// SetDefaults stores the defaults of options in the struct they describe.
func SetDefaults(options []Option, target reflect.Value) {
	for i := range options {
		o := &options[i]
		switch {
		case o.Kind == KindObject:
			SetDefaults(o.Options, o.Field(target))
		case o.Default != "":
			if err := o.Set(target, o.Default); err != nil {
				panic("registry: field " + o.field + ": " + err.Error()) // was checked when described
			}
		}
	}
}

// Field returns the option's field in the struct that the option belongs to.
func (o *Option) Field(target reflect.Value) reflect.Value { return target.FieldByIndex(o.index) }

// Set parses text in the option's notation, checks it against enum and bounds, and
// stores it in the struct that the option belongs to. A comma separates the items of
// a list. The error is a [*ValueError].
func (o *Option) Set(target reflect.Value, text string) error {
	if o.Kind == KindList {
		return o.SetList(target, splitList(text))
	}
	v := reflect.New(o.typ).Elem()
	if err := o.parse(v, text); err != nil {
		return err
	}
	o.store(target, v)
	return nil
}

func splitList(text string) []string { return strings.Split(text, ",") }

// SetList checks and stores the items of an option of kind [KindList]. The error is
// a [*ValueError] about the first item that is not allowed.
func (o *Option) SetList(target reflect.Value, items []string) error {
	list := reflect.MakeSlice(o.typ, len(items), len(items))
	for i, item := range items {
		if err := o.CheckText(item); err != nil {
			return err
		}
		list.Index(i).Set(textValue(o.typ.Elem(), item))
	}
	o.store(target, list)
	return nil
}

// SetMap stores the entries of an option of kind [KindMap].
func (o *Option) SetMap(target reflect.Value, entries map[string]string) {
	m := reflect.MakeMapWithSize(o.typ, len(entries))
	for k, v := range entries {
		m.SetMapIndex(reflect.ValueOf(k).Convert(o.typ.Key()), textValue(o.typ.Elem(), v))
	}
	o.store(target, m)
}

// CheckText checks a string, or an item of a list, against the enum.
func (o *Option) CheckText(text string) error {
	if o.Enum != nil && !slices.Contains(o.Enum, text) {
		return enumError(text, o.Enum)
	}
	return nil
}

// parse stores the value of a scalar in v.
func (o *Option) parse(v reflect.Value, text string) error {
	switch o.Kind {
	case KindString:
		if err := o.CheckText(text); err != nil {
			return err
		}
		v.Set(textValue(o.typ, text))
	case KindBool:
		if text != "true" && text != "false" {
			return &ValueError{Want: "true or false", Got: strconv.Quote(text)}
		}
		v.SetBool(text == "true")
	default:
		n, err := o.number(text)
		if err != nil {
			return err
		}
		if err := o.checkBounds(n, text); err != nil {
			return err
		}
		return n.storeIn(v, text)
	}
	return nil
}

// store puts v into the option's field, behind a pointer if the field is one.
func (o *Option) store(target, v reflect.Value) {
	if o.pointer {
		p := reflect.New(o.typ)
		p.Elem().Set(v)
		v = p
	}
	o.Field(target).Set(v)
}

func textValue(t reflect.Type, s string) reflect.Value {
	if t == typeSecret {
		return reflect.ValueOf(core.NewSecret(s))
	}
	return reflect.ValueOf(s).Convert(t)
}
