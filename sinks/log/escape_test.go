package log

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/headgate-dev/headgate/core"
)

func TestNothingInAnEventCanForgeALineOrSteerATerminal(t *testing.T) {
	for name, evil := range map[string]string{
		"line feed":         "x\n[TELEMETRY] Endpoint: forged",
		"carriage return":   "x\rforged",
		"escape sequence":   "x\x1b[2J",
		"operating system":  "x\x1b]0;title\a",
		"backspace, NUL":    "x\b\x00",
		"delete":            "x\x7f",
		"C1 CSI":            "x\u009b2J",
		"next line":         "x\u0085forged",
		"separators":        "x\u2028forged\u2029",
		"right-to-left":     "x\u202egnp.exe",
		"isolates":          "x\u2066a\u2069",
		"marks":             "x\u200e\u200f\u061c",
		"byte order":        "x\ufeff",
		"tags":              "x\U000e0041",
		"invalid UTF-8":     "x\x9b\xff\xc0",
		"half a character":  "x\xe2\x80",
		"quotes, backslash": `x"\n\`,
	} {
		events := []core.Event{{Name: "run", UserID: evil, Props: core.Props{"text": evil, "nested": map[string]any{"text": []any{evil}}}}}
		if utf8.ValidString(evil) { // as a key and as a name where those are allowed
			events = append(events, core.Event{Name: "run", Props: core.Props{evil: 1}})
		}
		batch := sealed(t, events...)
		for _, format := range []Format{FormatText, FormatJSON} {
			var out bytes.Buffer
			s, _ := NewWriter(&out, format)
			send(t, s, batch)
			lines := len(events) * map[Format]int{FormatText: 2, FormatJSON: 1}[format]
			if n := strings.Count(out.String(), "\n"); n != lines {
				t.Errorf("%s, %s: %d lines, want %d: %q", name, format, n, lines, out.String())
			}
			if bad := steering(out.String()); bad != "" {
				t.Errorf("%s, %s: %q is left in %q", name, format, bad, out.String())
			}
		}
	}
}

// steering returns what in text is neither visible nor a line feed; it does not
// use what it tests.
func steering(text string) string {
	for i, r := range text {
		switch {
		case r == '\n', r >= ' ' && r < 0x7f:
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd"),
			r < ' ', r >= 0x7f && r < 0xa0,
			r == 0x61c, r == 0x200e, r == 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2066 && r <= 0x2069,
			r == 0xfeff, r >= 0xe0000 && r <= 0xe007f:
			return string(r)
		}
	}
	return ""
}

func TestOrdinaryTextIsLeftAsItIs(t *testing.T) {
	for _, text := range []string{"", "plain", `{"a":"ü 日本語 👩\u200d👧 مرحبا"}`, "👩\u200d💻 \u200c", "a\u00a0b"} {
		if got := string(appendName(nil, text)); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestANameIsEscapedToo(t *testing.T) {
	if got, want := string(appendName([]byte("x: "), "a\nb\x1b\U000e0041\xff")), `x: a\u000ab\u001b\udb40\udc41\ufffd`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzEscape(f *testing.F) {
	for _, s := range []string{`{"a":"b"}`, "{\"\u202e\":\"\u0085\"}", "[1,\n\t2]", "\"\x9b\xff\"", "\"\U000e0041\"", `"\ud800"`, "\x1b[2J"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got := appendSafe(nil, data)
		if bad := steering(string(got)); bad != "" || bytes.ContainsRune(got, '\n') {
			t.Fatalf("%q leaves %q in %q", data, bad, got)
		}
		if name := appendName(nil, string(data)); steering(string(name)) != "" || bytes.ContainsRune(name, '\n') {
			t.Fatalf("%q as a name: %q", data, name)
		}
		if again := appendSafe(nil, got); !bytes.Equal(again, got) {
			t.Fatalf("%q, escaped twice, is %q", got, again)
		}
		if !json.Valid(data) {
			return
		}
		var before, after any
		if err := json.Unmarshal(data, &before); err != nil {
			return // a number out of range, nesting too deep
		}
		if err := json.Unmarshal(got, &after); err != nil || !reflect.DeepEqual(before, after) {
			t.Fatalf("%q became %q: %v", data, got, err)
		}
	})
}

func BenchmarkAppendSafe(b *testing.B) {
	event := []byte(`{"id":"x","name":"run","properties":{"runSeconds":45,"text":"` + strings.Repeat("plain text ", 30) + `"}}`)
	var dst []byte
	b.SetBytes(int64(len(event)))
	for b.Loop() {
		dst = appendSafe(dst[:0], event)
	}
}
