package pyliteral

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEveryKindOfLiteralBecomesItsJSONValue(t *testing.T) {
	cases := []struct {
		name, text string
		want       any
	}{
		{"none", "None", nil},
		{"true", " True ", true},
		{"false", "False", false},
		{"int", "42", int64(42)},
		{"negative int", "-7", int64(-7)},
		{"positive sign", "+7", int64(7)},
		{"zeros", "-000", int64(0)},
		{"largest int64", "9223372036854775807", int64(9223372036854775807)},
		{"int past int64", "-9223372036854775809", json.Number("-9223372036854775809")},
		{"int past float64", "-1" + strings.Repeat("0", 400), "-1" + strings.Repeat("0", 400)},
		{"float", "1.5", 1.5},
		{"float with exponent", "1e-07", 1e-07},
		{"float without fraction", "1.", 1.0},
		{"float without whole part", "-.25", -0.25},
		{"inf", "inf", "inf"},
		{"minus inf", "-inf", "-inf"},
		{"nan", "nan", "nan"},
		{"minus nan", "-nan", "nan"},
		{"float past float64", "-1e999", "-inf"},
		{"single quotes", `'a "b"'`, `a "b"`},
		{"double quotes", `"it's"`, "it's"},
		{"empty string", `''`, ""},
		{"escapes", `'\n\r\t\\\'\"\a\b\f\v'`, "\n\r\t\\'\"\a\b\f\v"},
		{"hexadecimal escapes", `'\x41\xe9\u20ac\U0001f600'`, "Aé€😀"},
		{"octal escapes", `'\101\0\1a'`, "A\x00\x01a"},
		{"escaped line end", "'a\\\nb'", "ab"},
		{"unknown escape keeps its backslash", `'\d\.'`, `\d\.`},
		{"lone surrogate", `'\ud800'`, "\uFFFD"},
		{"invalid UTF-8", "'a\xffb'", "a\uFFFDb"},
		{"unescaped text beyond ASCII", `'é😀'`, "é😀"},
		{"bytes", `b'a\x41\n\''`, "aA\n'"},
		{"bytes that are no text", `b'\xff\xfe'`, "\uFFFD"},
		{"empty list", "[]", []any{}},
		{"list", "[1, 'a', None]", []any{int64(1), "a", nil}},
		{"trailing comma", "[1,]", []any{int64(1)}},
		{"tuple", "(1, 2)", []any{int64(1), int64(2)}},
		{"tuple of one", "(1,)", []any{int64(1)}},
		{"empty tuple", "()", []any{}},
		{"parentheses alone", "((1))", int64(1)},
		{"set", "{1, 2}", []any{int64(1), int64(2)}},
		{"empty set", "set()", []any{}},
		{"frozenset", "frozenset({'a'})", []any{"a"}},
		{"empty dict", "{}", map[string]any{}},
		{"spaces and line ends", "{ 'a' :\n[ ] , }", map[string]any{"a": []any{}}},
		{
			"the example of a component", `{'a': 'v 1', 'b': True, 'n': None, 'l': [1, 2], 'q': "it's"}`,
			map[string]any{"a": "v 1", "b": true, "n": nil, "l": []any{int64(1), int64(2)}, "q": "it's"},
		},
		{
			"keys that are no strings", "{1: 'i', True: 'b', None: 'n', (1, 'x'): 't', 1.5: 'f', b'k': 'y', inf: 'w'}",
			map[string]any{"1": "i", "True": "b", "None": "n", "(1, 'x')": "t", "1.5": "f", "b'k'": "y", "inf": "w"},
		},
		{"equal keys", "{'a': 1, 'a': 2}", map[string]any{"a": int64(2)}},
		{"nested", "{'a': {'b': [{'c': ({1},)}]}}", map[string]any{"a": map[string]any{"b": []any{map[string]any{"c": []any{[]any{int64(1)}}}}}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := Parse(c.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestWhatIsNoLiteralIsAnError(t *testing.T) {
	for _, text := range []string{
		"", " ", "[", "[1", "[1 2]", "[,]", "(", "(1", "{", "{'a'", "{'a':", "{'a': 1", "{'a': 1 'b': 2}", "{'a': 1, 2}", "{1, 'a': 2}",
		"'", "'a", `"a'`, "'a\nb'", `'\x4'`, `'\u12'`, `'\U00110000'`, `'\N{DASH}'`, `'\`, "b'é'", `b'\777'`, "b", "set", "set(", "set(1)", "frozenset([1]",
		"1 2", "-", "+", ".", "1e", "--1", "1j", "0x10", "1_000", "true", "null", "Nonesense", "inflate", "-infinity", "1.2.3", "]", "}", "'a' 'b'",
		"Decimal('1.5')", "<object at 0x7f>", "__import__('os').system('id')", "[i for i in x]", "f'{1}'", "# no", "{**a}", "...", "a\x00", "{'a': \x00}",
	} {
		if v, err := Parse(text); err == nil {
			t.Errorf("%q was read as %#v", text, v)
		}
	}
}

func TestAnErrorRepeatsNothingOfTheText(t *testing.T) {
	const private = "hunter2"
	for _, text := range []string{private, "'" + private, "{'a': " + private + "}", "['" + private + "' 1]", `'\N{` + private + "}'"} {
		if _, err := Parse(text); err == nil || strings.Contains(err.Error(), private) {
			t.Errorf("the error of %q is %v", text, err)
		}
	}
}

func TestNestingAndSizeAreBounded(t *testing.T) {
	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	many := func(n int) string { return "[" + strings.Repeat("0,", n-1) + "]" }
	for _, c := range []struct {
		name, text string
		ok         bool
	}{
		{"as deep as allowed", nested(maxDepth + 1), true},
		{"too deep", nested(maxDepth + 2), false},
		{"a million deep", strings.Repeat("({'a':", 1_000_000), false},
		{"as many values as allowed", many(maxValues), true},
		{"too many values", many(maxValues + 1), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Parse(c.text); (err == nil) != c.ok {
				t.Errorf("got the error %v", err)
			}
		})
	}
}

func FuzzPythonLiteral(f *testing.F) {
	for _, seed := range []string{
		`{'a': 'v 1', 'b': True, 'n': None, 'l': [1, 2], 'q': "it's"}`, `{1: (2,), None: {3}, b'\xff': set()}`, `'\x41\u20ac\U0001f600\101\d'`,
		"[-1.5e-07, inf, -nan, 99999999999999999999]", "[[[[", `{'a': '`, "frozenset({1, 2})",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := Parse(text)
		if err != nil {
			return
		}
		encoded, err := json.Marshal(v)
		if err != nil {
			t.Fatalf("%q was read as %#v, which is no JSON: %v", text, v, err)
		}
		var back any
		if err := json.Unmarshal(encoded, &back); err != nil {
			t.Fatalf("%q became %s: %v", text, encoded, err)
		}
	})
}
