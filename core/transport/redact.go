package transport

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/headgate-dev/headgate/core"
)

const mask = "[redacted]"

// minSecret is the shortest secret that is looked for: a shorter one would be found in
// ordinary words.
const minSecret = 4

// Redact returns err with everything removed from its message that could be a
// credential: of a URL all but scheme and host, and the secrets as they are and URL-,
// base64- and JSON-encoded. The result has the class of err (see [core.Classify]);
// errors.Is finds what it finds in err, so that a context's end can be told, and
// errors.As finds a [net.Error] that knows about timeouts. The errors within err
// themselves cannot be reached any more: they hold the URL.
func Redact(err error, secrets ...core.Secret) error {
	r := newRedactor(secrets)
	return r.redact(err, "", false)
}

// redactor removes secrets from text.
type redactor struct{ replacer *strings.Replacer }

func newRedactor(secrets []core.Secret) redactor {
	var forms []string
	for _, s := range secrets {
		if len(s.Reveal()) >= minSecret {
			forms = append(forms, formsOf(s.Reveal())...)
		}
	}
	// Of two forms that match at one place, the first given is replaced: the longest.
	slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) })
	forms = slices.Compact(forms)
	pairs := make([]string, 0, 2*len(forms))
	for _, f := range forms {
		pairs = append(pairs, f, mask)
	}
	return redactor{strings.NewReplacer(pairs...)}
}

// formsOf returns the ways in which a secret appears in URLs, headers and bodies.
func formsOf(secret string) []string {
	query, path := url.QueryEscape(secret), url.PathEscape(secret)
	forms := []string{secret, query, path, lowerHex(query), lowerHex(path)}
	for _, q := range []string{strconv.Quote(secret), strconv.QuoteToASCII(secret)} {
		forms = append(forms, q[1:len(q)-1])
	}
	if q, err := json.Marshal(secret); err == nil {
		forms = append(forms, string(q[1:len(q)-1]))
	}
	if trimmed := strings.TrimSpace(secret); len(trimmed) >= minSecret {
		forms = append(forms, trimmed)
	}
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		forms = append(forms, base64Forms(encoding, secret)...)
	}
	return forms
}

// base64Forms returns what is constant in the encoding of any text that contains the
// secret, such as "user:secret" in a Basic header: it depends on the place modulo 3, and
// the characters at both ends depend on the neighbours.
func base64Forms(encoding *base64.Encoding, secret string) []string {
	var forms []string
	for before := range 3 {
		text := encoding.EncodeToString([]byte(strings.Repeat("\x00", before) + secret))
		from := []int{0, 2, 3}[before]                           // first character without a bit from before
		to := len(text) - []int{0, 1, 1}[(before+len(secret))%3] // last without a bit from after
		if to-from >= minSecret {
			forms = append(forms, text[from:to])
		}
	}
	return forms
}

var percent = regexp.MustCompile(`%[0-9A-F]{2}`)

func lowerHex(s string) string { return percent.ReplaceAllStringFunc(s, strings.ToLower) }

// urls finds scheme and authority of a URL, and all that follows.
var urls = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://)(?:[^\s/?#"'<>]*@)?([^\s/?#"'<>]*)[^\s"'<>]*`)

// clean returns text without secrets, URLs reduced to their host, and nothing in it that
// is not printable.
func (r redactor) clean(text string) string {
	text = r.replacer.Replace(text)
	text = urls.ReplaceAllString(text, "$1$2")
	if strings.ContainsFunc(text, func(c rune) bool { return !strconv.IsPrint(c) }) {
		text = strconv.Quote(text)
		text = text[1 : len(text)-1]
	}
	return text
}

// redact cleans err and puts what was attempted before it.
func (r redactor) redact(err error, attempted string, neverSent bool) error {
	if err == nil {
		return nil
	}
	inner := err
	for u := (*url.Error)(nil); errors.As(inner, &u) && u.Err != nil; { // says "Post \"https://…\": "
		inner = u.Err
	}
	text := r.clean(inner.Error())
	if attempted != "" {
		text = r.clean(attempted) + ": " + text
	}
	clean := &redacted{text: text, err: err, neverSent: neverSent}
	class, wait := core.Classify(err)
	return core.OfClass(class, wait, clean)
}

// redacted is an error that answers questions about another one without showing it.
type redacted struct {
	text      string
	err       error
	neverSent bool
}

func (e *redacted) Error() string        { return e.text }
func (e *redacted) GoString() string     { return e.text } // %#v would show err
func (e *redacted) Is(target error) bool { return errors.Is(e.err, target) }

// Timeout and Temporary make a net.Error of e.
func (e *redacted) Timeout() bool {
	var n net.Error
	return errors.As(e.err, &n) && n.Timeout()
}

func (e *redacted) Temporary() bool { return e.Timeout() }

var _ net.Error = (*redacted)(nil)
