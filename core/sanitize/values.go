package sanitize

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strconv"
	"time"
	"unsafe"
)

var errUnencodable = errors.New("sanitize: not encodable")

// value writes any Go value. What reflection would be needed for goes through
// encoding/json and is walked as text.
func (e *Encoder) value(dst []byte, v any, k keyInfo) []byte {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...)
	case string:
		return e.text(dst, v, k)
	case bool:
		return e.boolean(dst, v, k)
	case int:
		return e.integer(dst, int64(v), k)
	case int64:
		return e.integer(dst, v, k)
	case int32:
		return e.integer(dst, int64(v), k)
	case int16:
		return e.integer(dst, int64(v), k)
	case int8:
		return e.integer(dst, int64(v), k)
	case uint:
		return e.unsigned(dst, uint64(v), k)
	case uint64:
		return e.unsigned(dst, v, k)
	case uint32:
		return e.unsigned(dst, uint64(v), k)
	case uint16:
		return e.unsigned(dst, uint64(v), k)
	case uint8:
		return e.unsigned(dst, uint64(v), k)
	case float64:
		return e.float(dst, v, 64, k)
	case float32:
		return e.float(dst, float64(v), 32, k)
	case time.Duration:
		return e.duration(dst, v)
	case time.Time:
		return e.time(dst, v, k)
	case json.Number:
		if !validNumber(string(v)) {
			return e.text(dst, string(v), k)
		}
		from := len(dst)
		return e.number(append(dst, v...), from, k)
	case map[string]any:
		return e.container(dst, v, reflect.ValueOf(v).Pointer(), k)
	case []any:
		return e.container(dst, v, uintptr(unsafe.Pointer(unsafe.SliceData(v))), k)
	case map[string]string:
		return e.container(dst, v, 0, k)
	case []string:
		return e.container(dst, v, 0, k)
	case json.RawMessage:
		return e.raw(dst, v, k)
	case []slog.Attr:
		return e.slogValue(dst, slog.GroupValue(v...), slog.KindGroup, k)
	case slog.Value:
		if r, ok := resolve(v); ok {
			return e.slogValue(dst, r, r.Kind(), k)
		}
		return e.unencodable(dst)
	default:
		return e.foreign(dst, v, k)
	}
}

// container writes a map or slice, unless it is nested too deep or within itself.
func (e *Encoder) container(dst []byte, v any, id uintptr, k keyInfo) []byte {
	if e.depth >= maxDepth {
		return e.unscanned(dst, 0)
	}
	if id != 0 && slices.Contains(e.open, id) {
		return e.unencodable(dst)
	}
	e.open = append(e.open, id)
	switch v := v.(type) {
	case map[string]any:
		if v == nil {
			dst = append(dst, "null"...)
			break
		}
		dst = e.mapping(dst, v)
	case map[string]string:
		dst = e.stringMap(dst, v)
	case []any:
		dst = e.array(dst, k, len(v), func(dst []byte, i int, k keyInfo) []byte { return e.value(dst, v[i], k) },
			func(i int) string { s, _ := v[i].(string); return s })
	case []string:
		dst = e.array(dst, k, len(v), func(dst []byte, i int, k keyInfo) []byte { return e.text(dst, v[i], k) },
			func(i int) string { return v[i] })
	}
	e.open = e.open[:len(e.open)-1]
	return dst
}

func (e *Encoder) mapping(dst []byte, m map[string]any) []byte {
	dst, o := e.openObject(dst)
	o.given.props = m
	from := len(e.sorted)
	for key := range m {
		e.sorted = append(e.sorted, key)
	}
	slices.Sort(e.sorted[from:])
	for i := from; i < from+len(m) && i < len(e.sorted); i++ {
		key := e.sorted[i]
		var k keyInfo
		var open bool
		if dst, k, open = e.openMember(dst, &o, key); open {
			dst = e.closeMember(e.value(dst, m[key], k), &o)
		}
	}
	e.sorted = e.sorted[:from]
	return e.closeObject(dst, &o)
}

func (e *Encoder) stringMap(dst []byte, m map[string]string) []byte {
	dst, o := e.openObject(dst)
	from := len(e.sorted)
	for key := range m {
		e.sorted = append(e.sorted, key)
	}
	slices.Sort(e.sorted[from:])
	for i := from; i < from+len(m) && i < len(e.sorted); i++ {
		key := e.sorted[i]
		var k keyInfo
		var open bool
		if dst, k, open = e.openMember(dst, &o, key); open {
			dst = e.closeMember(e.text(dst, m[key], k), &o)
		}
	}
	e.sorted = e.sorted[:from]
	return e.closeObject(dst, &o)
}

// array writes the elements of a slice; str gives an element when it is a string.
func (e *Encoder) array(dst []byte, k keyInfo, n int, write func([]byte, int, keyInfo) []byte, str func(int) string) []byte {
	a := e.openArray(k)
	dst = append(dst, '[')
	for i := range n {
		if len(dst)-e.base > e.s.policy.maxBytes {
			e.found(kindOversize, Drop)
			break
		}
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = e.closeElement(write(dst, i, e.openElement(&a, i)))
		a.after(e, i, n, str(i))
	}
	e.closeArray()
	return append(dst, ']')
}

// raw writes JSON text that was handed over as such.
func (e *Encoder) raw(dst []byte, text []byte, k keyInfo) []byte {
	if len(text) == 0 {
		return append(dst, "null"...)
	}
	w := walker{e: e, in: view(text)}
	mark, members, frames, depth := len(dst), len(e.members), len(e.frames), e.depth
	out, err := w.top(dst, k)
	if err != nil {
		e.members, e.frames, e.depth = e.members[:members], e.frames[:frames], depth
		return e.unencodable(dst[:mark])
	}
	return out
}

// foreign writes a value of a type this package does not know.
func (e *Encoder) foreign(dst []byte, v any, k keyInfo) []byte {
	rv := reflect.ValueOf(v)
	switch rv.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Interface:
		if rv.IsNil() {
			return append(dst, "null"...)
		}
	}
	if lv, ok := v.(slog.LogValuer); ok {
		r, ok := resolve(slog.AnyValue(lv))
		if !ok {
			return e.unencodable(dst)
		}
		return e.slogValue(dst, r, r.Kind(), k)
	}
	if err, ok := v.(error); ok {
		text, ferr := callText(func() (string, error) { return err.Error(), nil })
		if ferr != nil {
			return e.unencodable(dst)
		}
		if k.class == classNone || k.class == classPlain {
			k.class = classError
		}
		return e.text(dst, text, k)
	}
	if _, ok := v.(json.Marshaler); !ok {
		if text, known, err := textOf(v); err != nil {
			return e.unencodable(dst)
		} else if known {
			return e.text(dst, text, k)
		}
		if out, ok := e.named(dst, rv, k); ok {
			return out
		}
	}
	if e.depth >= maxDepth {
		return e.unscanned(dst, 0)
	}
	text, err := marshal(v)
	if err != nil {
		return e.unencodable(dst)
	}
	return e.raw(dst, text, k)
}

// named writes types whose underlying type this package knows.
func (e *Encoder) named(dst []byte, rv reflect.Value, k keyInfo) ([]byte, bool) {
	switch rv.Kind() {
	case reflect.String:
		return e.text(dst, rv.String(), k), true
	case reflect.Bool:
		return e.boolean(dst, rv.Bool(), k), true
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return e.integer(dst, rv.Int(), k), true
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return e.unsigned(dst, rv.Uint(), k), true
	case reflect.Float32:
		return e.float(dst, rv.Float(), 32, k), true
	case reflect.Float64:
		return e.float(dst, rv.Float(), 64, k), true
	case reflect.Map:
		if t := reflect.TypeFor[map[string]any](); rv.CanConvert(t) {
			return e.value(dst, rv.Convert(t).Interface(), k), true
		}
	case reflect.Slice:
		if t := reflect.TypeFor[[]any](); rv.CanConvert(t) {
			return e.value(dst, rv.Convert(t).Interface(), k), true
		}
	}
	return dst, false
}

// textOf returns the text of values that have one.
func textOf(v any) (text string, known bool, err error) {
	switch v := v.(type) {
	case encoding.TextMarshaler:
		text, err = callText(func() (string, error) { b, err := v.MarshalText(); return string(b), err })
		return text, true, err
	case fmt.Stringer:
		text, err = callText(func() (string, error) { return v.String(), nil })
		return text, true, err
	}
	return "", false, nil
}

func callText(f func() (string, error)) (text string, err error) {
	defer func() {
		if recover() != nil {
			err = errUnencodable
		}
	}()
	return f()
}

func marshal(v any) (text []byte, err error) {
	defer func() {
		if recover() != nil {
			err = errUnencodable
		}
	}()
	return json.Marshal(v)
}

// unencodable writes what stands for a value that has no JSON form.
func (e *Encoder) unencodable(dst []byte) []byte {
	e.found(kindUnencodable, Redact)
	return append(dst, `"[unencodable]"`...)
}

// unscanned writes what stands for a value of n bytes (0: unknown) nested too deep.
func (e *Encoder) unscanned(dst []byte, n int) []byte {
	e.found(kindUnscanned, Redact)
	dst = append(dst, `"[unscanned:`...)
	dst = strconv.AppendInt(dst, int64(n), 10)
	return append(dst, `]"`...)
}
