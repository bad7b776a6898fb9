package core

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/headgate-dev/headgate/core/sanitize"
)

// minCredential is the shortest secret that is looked for: a shorter one would be found in
// ordinary text.
const minCredential = 8

// credentialMark stands for a credential of the configuration.
const credentialMark = redactedMark + "credential]"

// Credentials are the secrets that a program is configured with, in a form in which text can be
// searched for all of them at once: as they are, in JSON, in URLs, in base64 and in hexadecimal
// digits. Nil Credentials find nothing.
type Credentials struct {
	needles []needle
	index   blockIndex
}

// needle is one form of a secret.
type needle struct {
	text string
	of   Secret
}

// NewCredentials returns the secrets of at least eight bytes; nil if there is none.
func NewCredentials(secrets ...Secret) *Credentials {
	c := &Credentials{}
	seen := make(map[string]bool)
	for _, s := range secrets {
		for _, form := range formsOf(s.Reveal()) {
			if len(form) >= minCredential && !seen[form] {
				seen[form] = true
				c.needles = append(c.needles, needle{form, s})
			}
		}
	}
	if len(c.needles) == 0 {
		return nil
	}
	c.index = newBlockIndex(c.needles)
	return c
}

// and returns what is in either.
func (c *Credentials) and(other *Credentials) *Credentials {
	if c == nil || other == nil {
		if c == nil {
			return other
		}
		return c
	}
	var all []Secret
	for _, n := range append(c.needles[:len(c.needles):len(c.needles)], other.needles...) {
		all = append(all, n.of)
	}
	return NewCredentials(all...)
}

// formsOf returns the ways in which a secret appears in bodies, URLs and headers, and with it the
// password of a secret that is a URL.
func formsOf(secret string) []string {
	if len(secret) < minCredential {
		return nil
	}
	var forms []string
	if !strings.ContainsAny(secret, "\"\\\n\r\t") { // else it is in no text of JSON as it is
		forms = append(forms, secret)
	}
	if q, err := json.Marshal(secret); err == nil {
		forms = append(forms, string(q[1:len(q)-1]))
	}
	var plain strings.Builder
	enc := json.NewEncoder(&plain)
	enc.SetEscapeHTML(false)
	if enc.Encode(secret) == nil {
		q := strings.TrimSpace(plain.String())
		forms = append(forms, q[1:len(q)-1])
	}
	for _, escaped := range []string{url.QueryEscape(secret), url.PathEscape(secret)} {
		forms = append(forms, escaped, lowerEscapes(escaped))
	}
	digits := hex.EncodeToString([]byte(secret))
	forms = append(forms, digits, strings.ToUpper(digits))
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		forms = append(forms, base64Forms(encoding, secret)...)
	}
	if u, err := url.Parse(secret); err == nil && u.User != nil && u.Host != "" {
		if password, ok := u.User.Password(); ok && password != secret {
			forms = append(forms, formsOf(password)...)
		}
	}
	return forms
}

var percentEscape = regexp.MustCompile(`%[0-9A-F]{2}`)

func lowerEscapes(s string) string { return percentEscape.ReplaceAllStringFunc(s, strings.ToLower) }

// base64Forms returns what is constant in the encoding of any text that contains the secret, such as
// "user:secret" in a header: it depends on the secret's place modulo 3, and the characters at both
// ends on its neighbours.
func base64Forms(encoding *base64.Encoding, secret string) []string {
	var forms []string
	for before := range 3 {
		text := encoding.EncodeToString([]byte(strings.Repeat("\x00", before) + secret))
		from := []int{0, 2, 3}[before]
		to := len(text) - []int{0, 1, 1}[(before+len(secret))%3]
		forms = append(forms, text[from:to])
	}
	return forms
}

// next returns where the next credential in text begins and ends, from an index on.
func (c *Credentials) next(text string, from int) (start, end int, of Secret, ok bool) {
	if c == nil {
		return 0, 0, Secret{}, false
	}
	at, n := c.index.find(c.needles, text, from)
	if n < 0 {
		return 0, 0, Secret{}, false
	}
	return at, at + len(c.needles[n].text), c.needles[n].of, true
}

// Found returns the credentials in a text, as often as they are there, in whatever form.
func (c *Credentials) Found(text string) (found []Secret) {
	for from := 0; ; {
		_, end, of, ok := c.next(text, from)
		if !ok {
			return found
		}
		found, from = append(found, of), end
	}
}

// Redact returns text without the credentials in it.
func (c *Credentials) Redact(text string) string {
	start, end, _, ok := c.next(text, 0)
	if !ok {
		return text
	}
	var b strings.Builder
	from := 0
	for ok {
		b.WriteString(text[from:start])
		b.WriteString(credentialMark)
		from = end
		start, end, _, ok = c.next(text, from)
	}
	b.WriteString(text[from:])
	return b.String()
}

// redactJSON returns JSON without the credentials in its strings, keys and numbers. It is called
// for text that has some.
func (c *Credentials) redactJSON(text []byte) []byte {
	if len(text) == 0 {
		return text
	}
	switch text[0] {
	case '{':
		out, taken := make([]byte, 0, len(text)), map[string]bool{}
		for key, value, rest, ok := nextMember(text); ok; key, value, rest, ok = nextMember(rest) {
			name := string(c.redactJSON(key))
			for n := 2; taken[name]; n++ { // two keys that became one
				name = string(quoted(unquote(c.redactJSON(key)) + "_" + strconv.Itoa(n)))
			}
			taken[name] = true
			out = append(append(append(separated(out), name...), ':'), c.redactJSON(value)...)
		}
		return append(closed(out, '{'), '}')
	case '[':
		var out []byte
		for i := 1; i < len(text) && text[i] != ']'; {
			end := valueEnd(text, i)
			if end < 0 {
				break
			}
			if out = append(out, ','); len(out) == 1 {
				out[0] = '['
			}
			out = append(out, c.redactJSON(text[i:end])...)
			if i = end; i < len(text) && text[i] == ',' {
				i++
			}
		}
		return append(closed(out, '['), ']')
	case '"':
		value := unquote(text)
		if clean := c.Redact(value); clean != value {
			return quoted(clean)
		}
		if clean := c.Redact(string(text)); clean != string(text) { // in an escaped form
			return quoted(credentialMark)
		}
		return text
	}
	if len(c.Found(string(text))) > 0 { // a number
		return quoted(credentialMark)
	}
	return text
}

// closed begins what is empty.
func closed(out []byte, open byte) []byte {
	if len(out) == 0 {
		return append(out, open)
	}
	return out
}

// scrub returns the event without credentials, which it nearly always has none of: then it is the
// event itself. An id in which one is found goes as a whole.
func (c *Credentials) scrub(s Sealed) Sealed {
	if c == nil {
		return s
	}
	if _, _, _, ok := c.next(view(s.JSON()), 0); !ok {
		return s
	}
	var fields [fieldCount][]byte
	for f := range fields {
		text := s.field(f)
		if len(text) == 0 || len(c.Found(view(text))) == 0 {
			fields[f] = text
			continue
		}
		switch f {
		case fieldUserID, fieldAnonymousID, fieldSessionID:
		case fieldID:
			fields[f] = quoted(uuidOf(keyed([]byte(credentialMark), "id", s.ID())))
		default:
			fields[f] = c.redactJSON(text)
		}
	}
	return s.of(fields)
}

// credentialFindings tells of the objects out of which a credential was taken.
func (s *Sealed) credentialFindings() (found []sanitize.Finding) {
	for f, path := range map[int]string{fieldProps: "properties", fieldContext: "context", fieldName: "name"} {
		if bytes.Contains(s.field(f), []byte(credentialMark)) {
			found = append(found, sanitize.Finding{Path: path, Kind: "credential", Action: string(sanitize.Redact)})
		}
	}
	slices.SortFunc(found, func(a, b sanitize.Finding) int { return strings.Compare(a.Path, b.Path) })
	return found
}

type credentialsKey struct{}

// WithCredentials returns a context for requests that must not carry these credentials but where they
// belong. Package core/transport looks for them in what it sends.
func WithCredentials(ctx context.Context, c *Credentials) context.Context {
	if c == nil {
		return ctx
	}
	return context.WithValue(ctx, credentialsKey{}, c)
}

// CredentialsOf returns the credentials that a context was given, nil if none.
func CredentialsOf(ctx context.Context) *Credentials {
	c, _ := ctx.Value(credentialsKey{}).(*Credentials)
	return c
}
