package core

import (
	"log/slog"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"github.com/headgate-dev/headgate/core/sanitize"
)

// scrubber cleans what is shown of errors. It is the dispatcher's, whatever its configuration.
type scrubber struct {
	*sanitize.Sanitizer
	credentials atomic.Pointer[Credentials] // of this configuration and the one before
}

// maxErrorText bounds what is kept of a sink's error.
const maxErrorText = 500

// errorText returns what may be shown of a sink's error: sanitised like the text of an
// event, without the query of any URL, on one line, at most 500 bytes.
func errorText(s *scrubber, err error) string {
	text := safely("the error's own Error method panicked", err.Error)
	text = s.credentials.Load().Redact(text)
	if len(text) > 4*maxErrorText {
		text = text[:4*maxErrorText]
	}
	text = dropQueries(text)
	enc := s.Encoder()
	defer enc.Release()
	sealed := Object{enc.AppendAttrs(nil, []slog.Attr{slog.String("error", text)})}
	value, _ := sealed.Lookup("error")
	text = value.Text()
	text = strings.Map(func(r rune) rune {
		if isControl(r) {
			return ' '
		}
		return r
	}, text)
	if len(text) > maxErrorText {
		text = text[:maxErrorText]
		for !utf8.ValidString(text) {
			text = text[:len(text)-1]
		}
	}
	return text
}

// dropQueries cuts each URL in text at its question mark.
func dropQueries(text string) string {
	var b strings.Builder
	for {
		scheme := strings.Index(text, "://")
		if scheme < 0 {
			b.WriteString(text)
			return b.String()
		}
		end := scheme + 3
		for end < len(text) && !strings.ContainsRune(" \t\r\n\"'`<>", rune(text[end])) {
			end++
		}
		url, query, _ := strings.Cut(text[:end], "?")
		b.WriteString(url)
		if strings.HasSuffix(query, ":") { // as in: Post https://host/path?query: connection refused
			b.WriteByte(':')
		}
		text = text[end:]
	}
}

// safely calls a function of the host program, and returns fallback if it panics.
func safely(fallback string, f func() string) (s string) {
	defer func() {
		if recover() != nil {
			s = fallback
		}
	}()
	return f()
}

func newScrubber(cfg Config) (*scrubber, error) {
	s, err := sanitize.New(sanitize.Options{})
	if err != nil {
		return nil, err
	}
	scrub := &scrubber{Sanitizer: s}
	scrub.credentials.Store(NewCredentials(cfg.Credentials...))
	return scrub, nil
}
