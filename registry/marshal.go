package registry

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/headgate-dev/headgate/core"
)

// AppendJSON appends the values of options as the members of a JSON object, without
// its braces, in the notation that [Option.Set] reads. Secrets are masked, and what is
// nil or an empty secret is left out. A "${" in a value is escaped as "$${".
func AppendJSON(dst []byte, options []Option, target reflect.Value) []byte {
	for i := range options {
		o := &options[i]
		v := o.Field(target)
		if o.absent(v) {
			continue
		}
		if len(dst) > 0 && dst[len(dst)-1] != '{' {
			dst = append(dst, ',')
		}
		dst = appendString(dst, o.Key)
		dst = append(dst, ':')
		dst = o.appendValue(dst, reflect.Indirect(v))
	}
	return dst
}

// absent reports whether the file cannot have given the option: a pointer, list or map
// is nil, a secret empty, or a struct without what it requires.
func (o *Option) absent(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return v.IsNil()
	}
	if o.Kind != KindObject {
		return v.Type() == typeSecret && v.Interface().(core.Secret).IsZero()
	}
	for i := range o.Options {
		if child := &o.Options[i]; child.Required && !child.pointer && child.Kind == KindString && child.Field(v).IsZero() {
			return true
		}
	}
	return false
}

func (o *Option) appendValue(dst []byte, v reflect.Value) []byte {
	switch o.Kind {
	case KindObject:
		return append(AppendJSON(append(dst, '{'), o.Options, v), '}')
	case KindList:
		dst = append(dst, '[')
		for i := range v.Len() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendText(dst, v.Index(i))
		}
		return append(dst, ']')
	case KindMap:
		return appendMap(dst, v)
	case KindString:
		return appendText(dst, v)
	case KindDuration, KindSize:
		return appendString(dst, fmt.Sprint(v.Interface()))
	default:
		plain, err := json.Marshal(v.Interface())
		if err != nil { // a float that is no number, set by a program
			plain = []byte("null")
		}
		return append(dst, plain...)
	}
}

// appendMap appends the entries sorted by key.
func appendMap(dst []byte, m reflect.Value) []byte {
	texts := make(map[string]json.RawMessage, m.Len())
	for entries := m.MapRange(); entries.Next(); {
		texts[entries.Key().String()] = appendText(nil, entries.Value())
	}
	sorted, err := json.Marshal(texts)
	if err != nil {
		return append(dst, "{}"...)
	}
	return append(dst, sorted...)
}

// appendText appends a string, or a secret masked.
func appendText(dst []byte, v reflect.Value) []byte {
	if v.Type() == typeSecret {
		return appendString(dst, v.Interface().(core.Secret).String())
	}
	return appendString(dst, strings.ReplaceAll(v.String(), "${", "$${"))
}

func appendString(dst []byte, s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(s) != nil {
		return append(dst, `""`...)
	}
	return append(dst, bytes.TrimSuffix(b.Bytes(), []byte("\n"))...)
}
