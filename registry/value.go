package registry

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// SetDefaults stores the defaults of options in the struct they describe.
func SetDefaults(options []Option, target reflect.Value) {
	for i := range options {
		o := &options[i]
		switch {
		case o.Kind == KindObject:
			SetDefaults(o.Options, o.Object(target))
		case o.Default != "":
			if err := o.Set(target, o.Default); err != nil {
				panic("registry: field " + o.field + ": " + err.Error()) // checked when described
			}
		}
	}
}

// Object returns the nested struct of an option of kind [KindObject].
func (o *Option) Object(target reflect.Value) reflect.Value { return target.FieldByIndex(o.index) }

// Set parses text in the option's notation, checks it against enum and bounds, and
// stores it in the struct that the option belongs to. For a list, a comma separates
// the items. The error says what was wanted and never holds a secret.
func (o *Option) Set(target reflect.Value, text string) error {
	v := reflect.New(o.typ).Elem()
	if err := o.parse(v, text); err != nil {
		return err
	}
	o.store(target, v)
	return nil
}

// SetList stores the items of an option of kind [KindList], each checked by [Option.CheckItem] before.
func (o *Option) SetList(target reflect.Value, items []string) {
	list := reflect.MakeSlice(o.typ, len(items), len(items))
	for i, item := range items {
		list.Index(i).Set(o.text(o.typ.Elem(), item))
	}
	o.store(target, list)
}

// SetMap stores the entries of an option of kind [KindMap].
func (o *Option) SetMap(target reflect.Value, entries map[string]string) {
	m := reflect.MakeMapWithSize(o.typ, len(entries))
	for k, v := range entries {
		m.SetMapIndex(reflect.ValueOf(k).Convert(o.typ.Key()), o.text(o.typ.Elem(), v))
	}
	o.store(target, m)
}

// CheckItem checks one item of a list against the enum.
func (o *Option) CheckItem(item string) error {
	if o.Enum != nil && !slices.Contains(o.Enum, item) {
		return &EnumError{Got: item, Allowed: o.Enum}
	}
	return nil
}

// EnumError says that a value is not one of those allowed.
type EnumError struct {
	Got     string
	Allowed []string
}

// Error lists the values allowed.
func (e *EnumError) Error() string {
	quoted := make([]string, len(e.Allowed))
	for i, a := range e.Allowed {
		quoted[i] = strconv.Quote(a)
	}
	list := strings.Join(quoted, ", ")
	if n := len(quoted); n > 1 {
		list = strings.Join(quoted[:n-1], ", ") + " or " + quoted[n-1]
	}
	return fmt.Sprintf("want %s, got %q", list, e.Got)
}

func (o *Option) store(target, v reflect.Value) {
	field := target.FieldByIndex(o.index)
	if o.pointer {
		p := reflect.New(o.typ)
		p.Elem().Set(v)
		v = p
	}
	field.Set(v)
}

func (o *Option) text(t reflect.Type, s string) reflect.Value {
	if t == typeSecret {
		return reflect.ValueOf(core.NewSecret(s))
	}
	return reflect.ValueOf(s).Convert(t)
}

func (o *Option) parse(v reflect.Value, text string) error {
	switch o.Kind {
	case KindString:
		if err := o.CheckItem(text); err != nil {
			return err
		}
		v.Set(o.text(o.typ, text))
		return nil
	case KindBool:
		if text != "true" && text != "false" {
			return fmt.Errorf("want true or false, got %q", text)
		}
		v.SetBool(text == "true")
		return nil
	case KindList:
		items := strings.Split(text, ",")
		for _, item := range items {
			if err := o.CheckItem(item); err != nil {
				return err
			}
		}
		list := reflect.MakeSlice(o.typ, 0, len(items))
		for _, item := range items {
			list = reflect.Append(list, o.text(o.typ.Elem(), item))
		}
		v.Set(list)
		return nil
	}
	n, err := o.number(text)
	if err != nil {
		return err
	}
	if err := o.checkBounds(n, text); err != nil {
		return err
	}
	return n.storeIn(v, text)
}

// number is a value of an ordered kind: whole unless it is a float.
type number struct {
	whole int64
	float float64
	isInt bool
}

func (o *Option) number(text string) (number, error) {
	switch o.Kind {
	case KindDuration:
		d, err := time.ParseDuration(text)
		if err != nil {
			return number{}, fmt.Errorf("want a duration such as 500ms, 10s or 15m, got %q", text)
		}
		return number{whole: int64(d), isInt: true}, nil
	case KindSize:
		s, err := ParseSize(text)
		return number{whole: int64(s), isInt: true}, err
	case KindFloat:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsInf(f, 0) || math.IsNaN(f) || strings.ContainsAny(text, "xX_pP") {
			return number{}, fmt.Errorf("want a number, got %q", text)
		}
		return number{float: f}, nil
	default:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || strconv.FormatInt(n, 10) != text {
			return number{}, fmt.Errorf("want a whole number, got %q", text)
		}
		return number{whole: n, isInt: true}, nil
	}
}

func (o *Option) checkBounds(n number, text string) error {
	low := o.Min
	if low == "" && (o.Kind == KindDuration || o.Kind == KindSize) {
		low = "0"
	}
	if low != "" {
		if bound, err := o.number(low); err != nil || n.less(bound) {
			return fmt.Errorf("want at least %s, got %s", low, text)
		}
	}
	if o.Max != "" {
		if bound, err := o.number(o.Max); err != nil || bound.less(n) {
			return fmt.Errorf("want at most %s, got %s", o.Max, text)
		}
	}
	return nil
}

func (n number) less(other number) bool {
	if n.isInt {
		return n.whole < other.whole
	}
	return n.float < other.float
}

func (n number) storeIn(v reflect.Value, text string) error {
	switch {
	case !n.isInt:
		v.SetFloat(n.float)
	case v.CanInt() && !v.OverflowInt(n.whole):
		v.SetInt(n.whole)
	case v.CanUint() && n.whole >= 0 && !v.OverflowUint(uint64(n.whole)):
		v.SetUint(uint64(n.whole))
	default:
		return fmt.Errorf("%s is out of range", text)
	}
	return nil
}
