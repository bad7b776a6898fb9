package transport

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/headgate-dev/headgate/core"
)

// Classify returns nil for a 2xx status, else an error of the class that tells the
// dispatcher what to do:
//
//	400, 422                Permanent     some event is at fault
//	401, 403, 407           Unauthorized  407: by the proxy
//	413                     TooLarge
//	408, 425, 429, 5xx      RetryAfter if a Retry-After header says so, else retry
//	any other               Refused       a redirect, or an address that is not there
//
// The error shows at most 256 bytes of the body, escaped. What a vendor means beyond
// that is for its sink to read from the body.
func Classify(status int, header http.Header, body []byte, now time.Time) error {
	if status/100 == 2 {
		return nil
	}
	err := errors.New(answer(status, header, body))
	switch {
	case status == http.StatusBadRequest, status == http.StatusUnprocessableEntity:
		return core.Permanent(err)
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusProxyAuthRequired:
		return core.Unauthorized(err)
	case status == http.StatusRequestEntityTooLarge:
		return core.TooLarge(err)
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusTooManyRequests, status >= 500:
		if wait, ok := ParseRetryAfter(header, now); ok {
			return core.RetryAfter(wait, err)
		}
		return err
	default:
		return core.Refused(err)
	}
}

// answer says what came back. Of a redirect it names the host it leads to and no more:
// the rest of a Location may hold a token.
func answer(status int, header http.Header, body []byte) string {
	text := "answered " + strconv.Itoa(status)
	if phrase := http.StatusText(status); phrase != "" {
		text += " " + phrase
	}
	if status/100 == 3 {
		if to, err := url.Parse(header.Get("Location")); err == nil && to.Host != "" {
			return text + fmt.Sprintf(", a redirect to host %q, which is not followed; correct the URL", to.Host)
		}
		return text + ", a redirect, which is not followed; correct the URL"
	}
	if e := excerpt(body); e != "" {
		text += ": " + e
	}
	return text
}

const maxExcerpt = 256

// excerpt returns the start of a body on one line with everything escaped that is not
// plain text, at most 256 bytes.
func excerpt(body []byte) string {
	text := strings.Join(strings.Fields(string(body[:min(len(body), 4*maxExcerpt)])), " ")
	text = strconv.Quote(text)
	text = text[1 : len(text)-1]
	if len(text) <= maxExcerpt {
		return text
	}
	const more = "…"
	text = text[:maxExcerpt-len(more)]
	for !utf8.ValidString(text) {
		text = text[:len(text)-1]
	}
	return text + more
}
