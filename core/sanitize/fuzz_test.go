package sanitize

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzAppendObject(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":1}`, cleanEvent, `{"password":"hunter22","a":[{"name":"token","value":"x1y2z3"}],"n":1e5}`, `{"a":"{\"b\":\"c@example.org\"}"}`,
		`{"a":"x@example.org","a":"y@example.org","x@example.org":1,"z@example.org":2}`, `{"t":"Authorization: Basic YTpiYmJiYg==; cookie: a=b; sid=123456"}`, `{"t":"/home/jane/x C:\\Users\\joe\\y"}`,
		`{"ip":"8.8.4.4","t":"https://a:b@c.example/?token=abc&x=%40"}`, `{"t":"%7B%22password%22%3A%22x1y2z3w4%22%7D \u200b ａ &quot;"}`, `{"t":"+49 151 12345678, 2001:db8::1, 3c:22:fb:00:00:1f"}`} {
		f.Add([]byte(seed), uint8(0))
		f.Add([]byte(seed), uint8(1))
	}
	sanitizers := []*Sanitizer{newSanitizer(f, Options{}), newSanitizer(f, Options{Action: "hash", HashKey: make([]byte, 32)}), newSanitizer(f, Options{Action: "drop"}),
		newSanitizer(f, Options{ErrorMessages: "keep", AllowKeys: []string{"a"}, DenyKeys: []string{"t"}}), newSanitizer(f, Options{Mode: "off"}), newSanitizer(f, Options{Mode: "strict", AllowKeys: []string{"a"}})}
	f.Fuzz(func(t *testing.T, in []byte, which uint8) {
		s := sanitizers[int(which)%len(sanitizers)]
		e := s.Encoder()
		defer e.Release()
		e.Record()
		kept := bytes.Clone(in)
		out, err := e.AppendObject(nil, in)
		if !bytes.Equal(kept, in) {
			t.Fatal("the input was changed")
		}
		if valid := json.Valid(in) && bytes.HasPrefix(bytes.TrimLeft(in, " \t\r\n"), []byte("{")); valid != (err == nil) {
			t.Fatalf("valid %v, but %v", valid, err)
		}
		if err != nil {
			return
		}
		checkJSON(t, out)
		for _, finding := range e.Findings() {
			if finding.Kind == "" || finding.Action == "" || finding.Kind == kindUnencodable { // that is: it panicked
				t.Fatalf("%+v of %s", finding, in)
			}
		}
		again, err := e.AppendObject(nil, out)
		if err != nil || !bytes.Equal(again, out) {
			t.Fatalf("not idempotent: %v\nin    %s\nonce  %s\ntwice %s", err, in, out, again)
		}
	})
}

// checkJSON checks what the package promises of its output.
func checkJSON(t testing.TB, out []byte) {
	t.Helper()
	if !json.Valid(out) || !utf8.Valid(out) {
		t.Fatalf("not JSON: %q", out)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, out); err != nil || compact.Len() != len(out) {
		t.Fatalf("not compact: %q", out)
	}
	for _, c := range out {
		if c < ' ' || c == 0x7f {
			t.Fatalf("a control character in %q", out)
		}
	}
	d := json.NewDecoder(bytes.NewReader(out))
	d.UseNumber()
	uniqueKeys(t, d)
}

func uniqueKeys(t testing.TB, d *json.Decoder) {
	tok, err := d.Token()
	if err != nil {
		t.Fatal(err)
	}
	delim, ok := tok.(json.Delim)
	if !ok {
		return
	}
	seen := map[string]bool{}
	for d.More() {
		if delim == '{' {
			key, err := d.Token()
			if err != nil {
				t.Fatal(err)
			}
			if seen[key.(string)] {
				t.Fatalf("the key %q twice", key)
			}
			seen[key.(string)] = true
		}
		uniqueKeys(t, d)
	}
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
}

// FuzzValue plants a credential in any text and looks for it in what comes out.
func FuzzValue(f *testing.F) {
	f.Add("detail", "before ", " after", uint64(1))
	f.Add("message", `{"a":"`, `"}`, uint64(2))
	f.Add("x", "password=", "&y=1", uint64(3))
	f.Add("url", "https://a.example/?x=", "#y", uint64(4))
	f.Add("k", "a,", "\n", uint64(5))
	s := newSanitizer(f, Options{})
	f.Fuzz(func(t *testing.T, key, before, after string, seed uint64) {
		g := generator{rand.New(rand.NewPCG(seed, 9))}
		tokens := []string{"gh" + "p_" + g.base62WithDigit(36), "AK" + "IA" + g.of(upperSet, 15) + "7", "sk-" + "ant-api03-" + g.base62WithDigit(80), "xo" + "xb-" + g.of(digitSet, 12) + "-" + g.of(digitSet, 12) + "-" + g.base62WithDigit(24)}
		token := tokens[seed%uint64(len(tokens))]
		if len(before)+len(after) > 1<<15 {
			return
		}
		// A token is found where it stands apart from letters and digits.
		if n := len(before); n > 0 && (alphabets[before[n-1]]&setAlnum != 0 || before[n-1] == '%' || n > 1 && before[n-2] == '%' || before[n-1] == '\\') {
			before += " "
		}
		if len(after) > 0 && (alphabets[after[0]]&(setAlnum|setWord) != 0) {
			after = " " + after
		}
		wraps := []string{token, base64.StdEncoding.EncodeToString([]byte("key: " + token)), url.QueryEscape(`"` + token + `"`), `\"` + token + `\"`}
		text := before + wraps[seed/7%uint64(len(wraps))] + after
		secret := token[len(token)/2-4 : len(token)/2+4]
		e := s.Encoder()
		defer e.Release()
		out := e.AppendMap(nil, map[string]any{key: text})
		checkJSON(t, out)
		again, err := e.AppendObject(nil, out)
		if err != nil || !bytes.Equal(again, out) {
			t.Fatalf("not idempotent: %v\nin    %q\nonce  %s\ntwice %s", err, text, out, again)
		}
		if seed/7%uint64(len(wraps)) == 1 && (before != "" || after != "") {
			return // base64 runs into what is around it
		}
		if strings.Contains(string(out), secret) {
			t.Fatalf("%q leaks: %q → %s", secret, text, out)
		}
	})
}
