package core

import (
	"encoding/json"
	"iter"
)

// Object is a JSON object as it was sealed: compact, valid, with unique keys and
// without whitespace. The zero Object is {}.
type Object struct{ raw []byte }

// Raw returns the text of the object. It must not be changed, nor used after Send
// has returned.
func (o Object) Raw() []byte {
	if len(o.raw) == 0 {
		return []byte("{}")
	}
	return o.raw
}

// IsEmpty reports whether the object is empty.
func (o Object) IsEmpty() bool { return len(o.raw) <= len("{}") }

// Decode unmarshals the object into v, as encoding/json does.
func (o Object) Decode(v any) error { return json.Unmarshal(o.Raw(), v) }

// All iterates over the members in their order. The key is a copy, the value is not.
func (o Object) All() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		rest := o.raw
		for {
			key, value, next, ok := nextMember(rest)
			if !ok || !yield(unquote(key), Value{value}) {
				return
			}
			rest = next
		}
	}
}

// Lookup returns the value of a key, and whether the object has it.
func (o Object) Lookup(key string) (Value, bool) {
	for k, v := range o.All() {
		if k == key {
			return v, true
		}
	}
	return Value{}, false
}

// Value is a JSON value as it was sealed.
type Value struct{ raw []byte }

// ValueKind is the type of a Value.
type ValueKind byte

// The kinds of value.
const (
	ValueInvalid ValueKind = iota
	ValueNull
	ValueBool
	ValueNumber
	ValueString
	ValueArray
	ValueObject
)

// Kind returns the type of the value; ValueInvalid for the zero Value.
func (v Value) Kind() ValueKind {
	if len(v.raw) == 0 {
		return ValueInvalid
	}
	switch v.raw[0] {
	case 'n':
		return ValueNull
	case 't', 'f':
		return ValueBool
	case '"':
		return ValueString
	case '[':
		return ValueArray
	case '{':
		return ValueObject
	default:
		return ValueNumber
	}
}

// Raw returns the text of the value. It must not be changed, nor used after Send has returned.
func (v Value) Raw() []byte { return v.raw }

// Text returns the string a ValueString holds, and the JSON text of any other kind. It is a copy.
func (v Value) Text() string {
	if v.Kind() == ValueString {
		return unquote(v.raw)
	}
	return string(v.raw)
}

// Object returns the object a ValueObject holds, the empty one for any other kind.
func (v Value) Object() Object {
	if v.Kind() == ValueObject {
		return Object(v)
	}
	return Object{}
}

// Items iterates over the items of a ValueArray; there are none in any other kind.
func (v Value) Items() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		if v.Kind() != ValueArray {
			return
		}
		for from := 1; from < len(v.raw)-1; {
			end := valueEnd(v.raw, from)
			if end < 0 || !yield(Value{v.raw[from:end]}) {
				return
			}
			from = end + 1 // after the comma
		}
	}
}

// Decode unmarshals the value into dst, as encoding/json does.
func (v Value) Decode(dst any) error { return json.Unmarshal(v.raw, dst) }
