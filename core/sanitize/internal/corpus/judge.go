package corpus

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A Verdict is what became of a row.
type Verdict struct {
	Leaked  []string // of Secrets or MustNot, what is left
	Lost    []string // of Keep or MustKeep, what is not left
	Missed  []string // of ShouldKeep
	Changed bool
}

// Judge compares the output for a row with what is expected of it. A secret is
// left if any key or value of the output has it, as it stands or decoded.
func Judge(r *Row, out []byte) Verdict {
	var v Verdict
	leaves := leavesOf(out)
	var decoded []string
	for _, l := range leaves {
		decoded = append(decoded, variants(l, 3)...)
	}
	for _, s := range append(slices.Clone(r.Secrets), r.MustNot...) {
		plain, err := url.QueryUnescape(s)
		if slices.ContainsFunc(decoded, func(d string) bool {
			return strings.Contains(d, s) || err == nil && strings.Contains(d, plain)
		}) {
			v.Leaked = append(v.Leaked, s)
		}
	}
	has := func(s string) bool {
		return slices.ContainsFunc(leaves, func(l string) bool { return strings.Contains(l, s) })
	}
	for _, s := range append(slices.Clone(r.Keep), r.MustKeep...) {
		if !has(s) {
			v.Lost = append(v.Lost, s)
		}
	}
	for _, s := range r.ShouldKeep {
		if !has(s) {
			v.Missed = append(v.Missed, s)
		}
	}
	v.Changed = !bytes.Equal(canonical(out), canonical(r.Object()))
	return v
}

// canonical is JSON with its keys in order and its numbers as they stood.
func canonical(raw []byte) []byte {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return append([]byte("not JSON: "), raw...)
	}
	out, err := json.Marshal(v)
	if err != nil {
		panic(err) // what was decoded encodes
	}
	return out
}

// leavesOf are all keys and values of a JSON text, as strings.
func leavesOf(raw []byte) []string {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var leaves []string
	for {
		t, err := d.Token()
		if err != nil {
			return leaves
		}
		switch t := t.(type) {
		case string:
			leaves = append(leaves, t)
		case json.Number:
			leaves = append(leaves, t.String())
		}
	}
}

var (
	base64Run  = regexp.MustCompile(`[A-Za-z0-9+/_-]{16,}`)
	hexRun     = regexp.MustCompile(`(?:[0-9a-fA-F]{2}){8,}`)
	unicodeRun = regexp.MustCompile(`\\u[0-9a-fA-F]{4}`)
)

// variants are the text and what it decodes to, in whatever way, to a depth.
func variants(s string, depth int) []string {
	all := []string{s}
	if depth == 0 {
		return all
	}
	add := func(d string) {
		if d != s {
			all = append(all, variants(d, depth-1)...)
		}
	}
	if strings.ContainsAny(s, "%+") {
		if u, err := url.QueryUnescape(s); err == nil {
			add(u)
		} else {
			add(looseUnescape(s))
		}
	}
	if strings.Contains(s, `\`) {
		add(strings.NewReplacer(`\"`, `"`, `\\`, `\`, `\/`, `/`).Replace(unicodeRun.ReplaceAllStringFunc(s, func(u string) string {
			n, err := strconv.ParseUint(u[2:], 16, 32)
			if err != nil {
				return u
			}
			return string(rune(n))
		})))
	}
	if strings.Contains(s, "&") {
		add(html.UnescapeString(s))
	}
	for _, run := range base64Run.FindAllString(s, -1) {
		run = strings.NewReplacer("-", "+", "_", "/").Replace(run)
		if d, err := base64.RawStdEncoding.DecodeString(run[:len(run)-len(run)%4]); err == nil {
			add(string(d))
		}
		if d, err := base64.RawStdEncoding.DecodeString(run); err == nil {
			add(string(d))
		}
	}
	for _, run := range hexRun.FindAllString(s, -1) {
		if d, err := hex.DecodeString(run); err == nil {
			add(string(d))
		}
	}
	return all
}

// looseUnescape decodes what is percent-encoded in a text that is not all so.
func looseUnescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
