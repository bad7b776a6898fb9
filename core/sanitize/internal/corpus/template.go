package corpus

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

type generator struct {
	*rand.Rand
	set   string
	rows  []Row
	bound map[string]string // fields with a value given from outside
}

// filled is a template filled in.
type filled struct {
	text          string
	secrets, keep []string
}

// json returns the text as a JSON value.
func (f filled) json() []byte {
	if raw, ok := strings.CutPrefix(f.text, "json:"); ok {
		if !json.Valid([]byte(raw)) {
			panic("not JSON: " + raw)
		}
		return []byte(raw)
	}
	raw, err := json.Marshal(f.text)
	if err != nil {
		panic(err) // a string always encodes
	}
	return raw
}

// fill fills a template in.
func (g *generator) fill(template string) filled {
	var f filled
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(template, "«")
		b.WriteString(before)
		if !found {
			f.text = b.String()
			return f
		}
		field, after, found := strings.Cut(rest, "»")
		if !found {
			panic("unclosed field in " + template)
		}
		template = after
		mark := field[0]
		if strings.IndexByte("!%=", mark) >= 0 {
			field = field[1:]
		}
		text := field // «=this» may be a text of its own
		if mark != '=' || g.knows(field) {
			text = g.field(field)
		}
		switch mark {
		case '!':
			f.secrets = append(f.secrets, middle(text))
		case '%':
			f.secrets = append(f.secrets, middle(text))
			text = url.QueryEscape(text)
		case '=':
			f.keep = append(f.keep, text)
		}
		b.WriteString(text)
	}
}

// middle is the part of a secret that may not be left: its middle half, if it is
// long, so that a sanitiser may show a few characters of the ends. Of an IP
// address it may leave the network.
func middle(s string) string {
	if _, err := netip.ParseAddr(s); err == nil || len(s) <= 10 {
		return s
	}
	from, to := len(s)/4, len(s)-len(s)/4
	to = min(to, from+48)
	for from > 0 && !utf8.RuneStart(s[from]) {
		from--
	}
	for !utf8.RuneStart(s[to]) {
		to--
	}
	return s[from:to]
}

func (g *generator) knows(field string) bool {
	return g.bound[field] != "" || makers[field] != nil || strings.ContainsAny(field, "|:")
}

func (g *generator) field(field string) string {
	if v, ok := g.bound[field]; ok {
		return v
	}
	if make, ok := makers[field]; ok {
		return make(g)
	}
	if strings.Contains(field, "|") {
		return g.pick(strings.Split(field, "|")...)
	}
	class, length, _ := strings.Cut(field, ":")
	low, high, isRange := strings.Cut(length, "-")
	from, err := strconv.Atoi(low)
	if err != nil {
		panic(fmt.Sprintf("no such field: %q", field))
	}
	to := from
	if isRange {
		if to, err = strconv.Atoi(high); err != nil {
			panic(fmt.Sprintf("no such field: %q", field))
		}
	}
	n := from + g.IntN(to-from+1)
	if class == "n" {
		return strconv.Itoa(n)
	}
	return g.of(classes[class], n)
}

// classes are the alphabets of a template's fields.
var classes = map[string]string{
	"d": digits,
	"e": digits[1:], // no zero
	"h": digits + "abcdef",
	"H": digits + "ABCDEF",
	"l": lower,
	"u": upper,
	"L": digits + lower,
	"U": digits + upper,
	"x": digits + lower + upper,
	"w": digits + lower + upper + "-_",
	"b": digits + lower + upper + "+/",
	"2": upper + "234567",
	"B": "023456789acdefghjklmnpqrstuvwxyz", // bech32
}

const (
	digits = "0123456789"
	lower  = "abcdefghijklmnopqrstuvwxyz"
	upper  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// of returns n of the alphabet's characters. The first and last are letters or
// digits, as in most formats.
func (g *generator) of(alphabet string, n int) string {
	if alphabet == "" {
		panic("no such class")
	}
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[g.IntN(len(alphabet))]
		for (i == 0 || i == n-1) && strings.IndexByte("-_+/", b[i]) >= 0 {
			b[i] = alphabet[g.IntN(len(alphabet))]
		}
	}
	return string(b)
}

func (g *generator) pick(from ...string) string { return from[g.IntN(len(from))] }

func pickWord(g *generator, words string) string { return g.pick(strings.Fields(words)...) }
