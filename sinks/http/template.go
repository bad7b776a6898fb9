package http

import (
	"errors"
	"net/url"
	"strings"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/transport"
)

const placeholder = "{event}"

// template is a URL in whose path and query {event} may stand.
type template struct {
	path  string // all before the question mark
	query string // the question mark and all after it, or nothing
}

// parseTemplate reads a URL. Its error does not quote it.
func parseTemplate(raw string) (template, error) {
	path, query, found := strings.Cut(raw, "?")
	t := template{path: path}
	if found {
		t.query = "?" + query
	}
	if strings.Contains(raw, "#") {
		return t, errors.New("the URL has a fragment (#…), which is never sent")
	}
	// The rules for plain http depend on allow_insecure, which is not known here.
	if err := transport.CheckURL(t.expand("event"), true); err != nil {
		return t, err
	}
	u, err := url.Parse(raw) // does not take braces before the path
	if err != nil {
		return t, errors.New("{event} may stand in the path and the query of the URL only")
	}
	for segment := range strings.SplitSeq(u.Path, "/") {
		rest := strings.ReplaceAll(segment, placeholder, "")
		if rest != segment && rest != "" && strings.Trim(rest, ".") == "" {
			return t, errors.New("next to {event} in the path there must be more than dots, or nothing")
		}
	}
	return t, nil
}

// hasEvent reports whether the URL depends on the event.
func (t template) hasEvent() bool {
	return strings.Contains(t.path, placeholder) || strings.Contains(t.query, placeholder)
}

// expand returns the URL for an event's name.
func (t template) expand(name string) string {
	if !t.hasEvent() {
		return t.path + t.query
	}
	return strings.ReplaceAll(t.path, placeholder, escapeSegment(name)) +
		strings.ReplaceAll(t.query, placeholder, url.QueryEscape(name))
}

// escapeSegment percent-encodes a name as one segment of a path. Encoding is not
// enough for "..": servers and proxies that decode first take %2E%2E, and the ".." in
// ..%2F.., for the directory above. So dots that stand alone between slashes become "_".
func escapeSegment(name string) string {
	if strings.Contains(name, ".") {
		var b strings.Builder
		for len(name) > 0 {
			n := strings.IndexAny(name, `/\`)
			part, slash := name, ""
			if n >= 0 {
				part, slash = name[:n], name[n:n+1]
			}
			name = name[len(part)+len(slash):]
			if strings.Trim(part, ".") == "" {
				part = strings.Repeat("_", len(part))
			}
			b.WriteString(part + slash)
		}
		name = b.String()
	}
	return url.PathEscape(name)
}

// credentials returns the parts of the URL that often are: user and password, the
// values of the query, and long segments of the path, as in the URLs of webhooks.
func (t template) credentials() []core.Secret {
	const long = 16
	u, err := url.Parse(t.path + t.query)
	if err != nil {
		return nil
	}
	password, _ := u.User.Password()
	texts := []string{u.User.Username(), password}
	for _, path := range []string{u.Path, u.EscapedPath()} {
		for segment := range strings.SplitSeq(path, "/") {
			if len(segment) >= long {
				texts = append(texts, segment)
			}
		}
	}
	for _, values := range u.Query() {
		texts = append(texts, values...)
	}
	// A variable put into the file brings a key with + and % as they are, which decoding changes.
	for part := range strings.SplitSeq(u.RawQuery, "&") {
		if name, value, ok := strings.Cut(part, "="); ok {
			texts = append(texts, value)
		} else if len(name) >= long {
			texts = append(texts, name)
		}
	}
	var secrets []core.Secret
	for _, text := range texts {
		if !strings.Contains(text, placeholder) {
			secrets = append(secrets, core.NewSecret(text))
		}
	}
	return secrets
}

// show returns the URL for an event's name without its credentials: no user, and of the
// query only the values that are the name.
func (t template) show(name string) string {
	masked := t
	scheme, rest, _ := strings.Cut(t.path, "://")
	authority, path, slash := strings.Cut(rest, "/")
	if slash {
		path = "/" + path
	}
	masked.path = scheme + "://" + authority[strings.LastIndex(authority, "@")+1:] + path
	parts := strings.Split(strings.TrimPrefix(t.query, "?"), "&")
	for i, part := range parts {
		if key, value, ok := strings.Cut(part, "="); ok && value != "" && value != placeholder {
			parts[i] = key + "=" + mask
		}
	}
	if t.query != "" {
		masked.query = "?" + strings.Join(parts, "&")
	}
	return masked.expand(name)
}
