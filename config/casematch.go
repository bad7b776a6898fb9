package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// jsonOf returns a part of a file as JSON. Numbers keep their digits where JSON has them.
func jsonOf(v value) []byte {
	text, err := json.Marshal(plainOf(v))
	if err != nil { // there is nothing in a value that JSON does not have
		return []byte("null")
	}
	return text
}

// plainOf returns a part of a file as encoding/json would decode it.
func plainOf(v value) any {
	switch v.shape {
	case shapeNull:
		return nil
	case shapeBool:
		return v.text == "true"
	case shapeNumber:
		if json.Valid([]byte(v.text)) {
			return json.Number(v.text)
		}
		n, err := strconv.ParseFloat(v.text, 64)
		if whole, e := strconv.ParseInt(v.text, 0, 64); e == nil {
			return whole
		}
		if err != nil {
			return v.text
		}
		return n
	case shapeList:
		list := make([]any, len(v.items))
		for i, item := range v.items {
			list[i] = plainOf(item)
		}
		return list
	case shapeMapping:
		object := make(map[string]any, len(v.entries))
		for _, e := range v.entries {
			object[e.key] = plainOf(e.value)
		}
		return object
	}
	return v.text
}

// mismatch says how what there is differs from what is expected, and where that stands.
type mismatch struct {
	at      position
	path    string
	message string
}

// match compares JSON with a part of a file: members that are not named may be there as
// well, lists have the same length, numbers the same value.
func match(want value, got any, path string) []mismatch {
	wrong := func(format string, args ...any) []mismatch {
		return []mismatch{{want.position, path, fmt.Sprintf(format, args...)}}
	}
	switch want.shape {
	case shapeMapping:
		object, ok := got.(map[string]any)
		if !ok {
			return wrong("want an object, got %s", brief(got))
		}
		var all []mismatch
		for _, e := range want.entries {
			below := join(path, e.key)
			if member, ok := object[e.key]; ok {
				all = append(all, match(e.value, member, below)...)
			} else {
				all = append(all, mismatch{e.position, below, "want " + brief(plainOf(e.value)) + ", got nothing"})
			}
		}
		return all
	case shapeList:
		list, ok := got.([]any)
		if !ok {
			return wrong("want a list, got %s", brief(got))
		}
		if len(list) != len(want.items) {
			return wrong("want %d items, got %d", len(want.items), len(list))
		}
		var all []mismatch
		for i, item := range want.items {
			all = append(all, match(item, list[i], join(path, strconv.Itoa(i)))...)
		}
		return all
	}
	if expected := plainOf(want); !sameScalar(expected, got) {
		return wrong("want %s, got %s", brief(expected), brief(got))
	}
	return nil
}

func sameScalar(want, got any) bool {
	a, aNumber := float(want)
	b, bNumber := float(got)
	if aNumber && bNumber {
		return a == b
	}
	return aNumber == bNumber && want == got
}

func float(v any) (float64, bool) {
	switch v := v.(type) {
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// brief is a JSON value for a message.
func brief(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("a %T", v)
	}
	return clip(string(text))
}

// documents decodes a body: one JSON value, or one on each line.
func documents(body string) (any, bool) {
	d := json.NewDecoder(bytes.NewReader([]byte(body)))
	d.UseNumber()
	var all []any
	for d.More() {
		var v any
		if d.Decode(&v) != nil {
			return nil, false
		}
		all = append(all, v)
	}
	if len(all) == 1 {
		return all[0], true
	}
	return all, len(all) > 0
}

// has reports whether a path such as events.0.name or events.*.name leads to something.
func has(v any, path string) bool {
	key, rest, more := strings.Cut(path, ".")
	var below []any
	switch v := v.(type) {
	case map[string]any:
		if _, ok := v[path]; ok { // it may have dots in it
			return true
		}
		if member, ok := v[key]; ok {
			below = append(below, member)
		}
	case []any:
		if i, err := strconv.Atoi(key); err == nil && i >= 0 && i < len(v) {
			below = append(below, v[i])
		} else if key == "*" {
			below = v
		}
	}
	return slices.ContainsFunc(below, func(member any) bool { return !more || has(member, rest) })
}
