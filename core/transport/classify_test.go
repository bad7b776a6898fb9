package transport

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestEveryStatusHasItsClass(t *testing.T) {
	for status, want := range map[int]core.Class{
		300: core.ClassRefused, 301: core.ClassRefused, 302: core.ClassRefused, 304: core.ClassRefused, 307: core.ClassRefused, 308: core.ClassRefused,
		400: core.ClassPermanent, 422: core.ClassPermanent,
		401: core.ClassUnauthorized, 403: core.ClassUnauthorized, 407: core.ClassUnauthorized,
		413: core.ClassTooLarge,
		408: core.ClassRetry, 425: core.ClassRetry, 429: core.ClassRetry,
		500: core.ClassRetry, 501: core.ClassRetry, 502: core.ClassRetry, 503: core.ClassRetry, 504: core.ClassRetry, 599: core.ClassRetry, 999: core.ClassRetry,
		402: core.ClassRefused, 404: core.ClassRefused, 405: core.ClassRefused, 409: core.ClassRefused, 410: core.ClassRefused, 415: core.ClassRefused, 418: core.ClassRefused, 451: core.ClassRefused,
		101: core.ClassRefused,
	} {
		if got, _ := core.Classify(Classify(status, nil, nil, noon)); got != want {
			t.Errorf("%d is %s, want %s", status, got, want)
		}
	}
	for _, status := range []int{200, 201, 202, 204, 207, 299} {
		if err := Classify(status, nil, nil, noon); err != nil {
			t.Errorf("%d: %v", status, err)
		}
	}
}

func TestARequestedPauseIsKeptWhereItIsMeant(t *testing.T) {
	header := http.Header{"Retry-After": {"7"}}
	for _, status := range []int{408, 425, 429, 500, 503, 504} {
		if class, wait := core.Classify(Classify(status, header, nil, noon)); class != core.ClassRetryAfter || wait != 7*time.Second {
			t.Errorf("%d: %s after %v", status, class, wait)
		}
	}
	for _, status := range []int{301, 400, 401, 404, 413} {
		if class, wait := core.Classify(Classify(status, header, nil, noon)); class == core.ClassRetryAfter || wait != 0 {
			t.Errorf("%d: %s after %v", status, class, wait)
		}
	}
}

func TestAnAnswerIsShownShortAndHarmless(t *testing.T) {
	body := "bad\x1b[31m \u202eevent\r\n\x00" + strings.Repeat("é", 500)
	got := Classify(400, nil, []byte(body), noon).Error()
	if want := `answered 400 Bad Request: bad\x1b[31m \u202eevent \x00éé`; !strings.HasPrefix(got, want) {
		t.Errorf("got %q, want it to start with %q", got, want)
	}
	if len(got) > maxExcerpt+40 || !strings.HasSuffix(got, "é…") {
		t.Errorf("%d bytes: %q", len(got), got)
	}
	if got := Classify(503, nil, nil, noon).Error(); got != "answered 503 Service Unavailable" {
		t.Errorf("got %q", got)
	}
}

func TestOfARedirectOnlyTheHostIsNamed(t *testing.T) {
	header := http.Header{"Location": {"https://user:pw@login.example.com/path?token=abc"}}
	got := Classify(302, header, []byte("moved"), noon).Error()
	if !strings.Contains(got, `"login.example.com"`) || strings.ContainsAny(got, "@?") || strings.Contains(got, "path") {
		t.Errorf("got %q", got)
	}
	for _, location := range []string{"", "/relative?x", ":%zz", "://"} {
		if got := Classify(302, http.Header{"Location": {location}}, nil, noon).Error(); strings.Contains(got, `"`) {
			t.Errorf("location %q: %q", location, got)
		}
	}
}

func TestRetryAfterIsReadInEveryForm(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"0":                              0,
		"1":                              time.Second,
		" 120 ":                          2 * time.Minute,
		"1.5":                            1500 * time.Millisecond,
		"3600":                           time.Hour,
		"86400":                          time.Hour,
		"9223372037":                     time.Hour, // overflows a Duration
		strings.Repeat("9", 400):         time.Hour, // overflows a float
		"-1":                             0,
		"-9223372037":                    0,
		"+5":                             0,
		"NaN":                            0,
		"Inf":                            0,
		"1e9":                            0,
		"0x10":                           0,
		"1_000":                          0,
		".":                              0,
		"1.2.3":                          0,
		"":                               0,
		"soon":                           0,
		"10 seconds":                     0,
		"Sun, 01 Mar 2026 12:00:30 GMT":  30 * time.Second,
		"Sunday, 01-Mar-26 12:00:30 GMT": 30 * time.Second,
		"Sun Mar  1 12:00:30 2026":       30 * time.Second,
		"Sun, 01 Mar 2026 11:59:00 GMT":  0,
		"Fri, 31 Dec 2999 23:59:59 GMT":  time.Hour,
		"Mon, 01 Jan 0001 00:00:00 GMT":  0,
		"Sun, 01 Mar 2026 12:00:30":      0,
		"2026-03-01T12:00:30Z":           0,
	} {
		got, ok := ParseRetryAfter(http.Header{"Retry-After": {value}}, noon)
		if got != want || ok != (want > 0) {
			t.Errorf("%q: got %v, %v, want %v", value, got, ok, want)
		}
	}
	if _, ok := ParseRetryAfter(nil, noon); ok {
		t.Error("a wait without a header")
	}
	if got, _ := ParseRetryAfter(http.Header{"Retry-After": {"3", "junk", "9", "5"}}, noon); got != 9*time.Second {
		t.Errorf("of several headers: %v", got)
	}
}

func TestADateIsCountedFromTheServersOwnClock(t *testing.T) {
	header := http.Header{"Date": {"Sun, 01 Mar 2026 15:00:00 GMT"}, "Retry-After": {"Sun, 01 Mar 2026 15:00:20 GMT"}}
	if got, _ := ParseRetryAfter(header, noon); got != 20*time.Second {
		t.Errorf("got %v", got)
	}
}

func FuzzParseRetryAfter(f *testing.F) {
	for _, s := range []string{"1", "-1", "9223372037", "1e400", "NaN", "Sun, 01 Mar 2026 12:00:30 GMT", "Fri, 31 Dec 2999 23:59:59 GMT"} {
		f.Add(s, s, int64(0))
	}
	f.Fuzz(func(t *testing.T, value, date string, now int64) {
		got, ok := ParseRetryAfter(http.Header{"Retry-After": {value}, "Date": {date}}, time.Unix(now, 0))
		if got < 0 || got > time.Hour || ok != (got > 0) {
			t.Errorf("%q, %q: %v, %v", value, date, got, ok)
		}
	})
}
