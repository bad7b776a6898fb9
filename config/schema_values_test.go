package config_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/headgate-dev/headgate/registry"
)

// candidate is something that may be written as the value of an option.
type candidate struct {
	value any
	what  string
	bad   bool // nobody may take it
}

// number is written as it stands.
func number(text string) json.Number { return json.Number(text) }

// anything are values of every shape there is.
var anything = []any{
	nil, true, "", "zzz", "true", "5", number("5"), number("-5"), number("0"), number("5.5"), number("1.0"), number("1e3"), number("1e400"), number("9223372036854775808"),
	[]any{}, []any{"zzz"}, object{}, object{"zzz": "zzz"}, "${GOOD}", "${BAD}", "${NONE}", "${NONE:-zzz}", "$${GOOD}", "${GOOD", "a ${GOOD} b", "2026-11-21", "a b", " ", "\t",
}

// candidates returns what may be tried as the value of an option.
func candidates(o *registry.Option, path string) (all []candidate) {
	for _, v := range anything {
		all = append(all, candidate{value: v, what: fmt.Sprintf("anything: %#v", v), bad: wrongShape(o, v)})
	}
	add := func(values ...any) {
		for _, v := range values {
			all = append(all, candidate{value: v, what: fmt.Sprintf("%#v", v)})
		}
	}
	add(good(o, path))
	for _, word := range o.Enum {
		add(word, strings.ToUpper(word), word+"x", []any{word}, []any{word, "zzz"})
	}
	switch o.Kind {
	case registry.KindInt, registry.KindFloat:
		add(bounds(o)...)
		add(number("0.0001"), number("128"), number("-129"), number("32768"), number("2147483648"), number("-9223372036854775809"))
	case registry.KindDuration:
		add("0", "0s", "0ms", number("0"), "10s", "1h30m", "1.5h", ".5s", "5.s", "10 s", "1d", "5µs", "5μs", "-1s", "+1s", "-0s", ".s", "1ns", "9999999h", "0.000s", "s")
		add(o.Min, o.Max)
	case registry.KindSize:
		add("0", "0B", "0MiB", number("0"), number("1"), "64MiB", "10MB", "10mb", "4096", "4096 ", "10 MB", "1.5", "1.0", "1.5MiB", "1.3KiB", "-1", "-0", "-0MiB", "+1", "1e3", "1kB", "1KB", "1PiB", "8191PiB",
			"8192PiB", number("9223372036854775807"), ".5MiB", "MiB")
		add(o.Min, o.Max)
		add(sizes(o)...)
	case registry.KindList:
		word := goodWord(o)
		add([]any{word, word}, []any{nil}, []any{word, true}, []any{number("5")}, []any{[]any{word}}, []any{object{}}, []any{""}, []any{"${GOOD}"}, []any{"${GOOD"})
	case registry.KindMap:
		add(object{"a": nil}, object{"a": true}, object{"a": number("5")}, object{"a": object{}}, object{"a": []any{"x"}}, object{"": "x"}, object{"a": ""}, object{"a": "${GOOD}"}, object{"a": "b", "c": "b"})
	case registry.KindObject:
		all = append(all, candidate{what: "an unknown neighbour", value: withRequired(object{"zzz": 1}, o.Options, path), bad: true})
		for _, child := range o.Options {
			if child.Required {
				without := withRequired(object{}, o.Options, path)
				delete(without, child.Key)
				all = append(all, candidate{what: "without " + child.Key, value: without, bad: true})
			}
		}
	}
	return all
}

// wrongShape reports whether a value is of a shape that the option surely does not take.
func wrongShape(o *registry.Option, v any) bool {
	switch v := v.(type) {
	case bool:
		return o.Kind != registry.KindBool
	case []any:
		return o.Kind != registry.KindList || o.Enum != nil && len(v) > 0
	case object:
		return o.Kind != registry.KindMap && o.Kind != registry.KindObject || o.Kind == registry.KindObject && len(v) > 0
	case string:
		return !o.Kind.Scalar() || v == "zzz" && (o.Kind != registry.KindString || o.Enum != nil)
	}
	return false
}

// bounds returns numbers at the bounds of an option and beyond them.
func bounds(o *registry.Option) (values []any) {
	for _, text := range []string{strings.TrimPrefix(o.Min, ">"), o.Max} {
		if n, err := strconv.ParseFloat(text, 64); err == nil {
			for _, by := range []float64{-1, -0.5, 0, 0.5, 1} {
				values = append(values, number(strconv.FormatFloat(n+by, 'f', -1, 64)))
			}
		}
	}
	return values
}

// sizes returns numbers of bytes at the bounds of an option and beyond them.
func sizes(o *registry.Option) (values []any) {
	for _, text := range []string{o.Min, o.Max} {
		if n, err := registry.ParseSize(text); err == nil {
			for by := registry.Size(-1); by <= 1; by++ {
				values = append(values, number(strconv.FormatInt(int64(n+by), 10)), (n + by).String())
			}
		}
	}
	return values
}

// text returns a value as a variable of the environment would hold it.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool, int, json.Number, time.Duration:
		return fmt.Sprint(v)
	}
	return "zzz"
}
