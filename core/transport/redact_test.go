package transport

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// formsThatLeak are ways in which a secret can stand in a text.
func formsThatLeak(secret string) map[string]string {
	inJSON, _ := json.Marshal(secret)
	forms := map[string]string{
		"raw":    secret,
		"query":  url.QueryEscape(secret),
		"path":   url.PathEscape(secret),
		"lower":  lowerHex(url.QueryEscape(secret)),
		"quoted": strings.Trim(strconv.Quote(secret), `"`),
		"json":   strings.Trim(string(inJSON), `"`),
	}
	for before := range 4 {
		for after := range 4 {
			text := strings.Repeat("u", before) + secret + strings.Repeat("v", after)
			forms[fmt.Sprintf("base64 %d %d", before, after)] = base64.StdEncoding.EncodeToString([]byte(text))
			forms[fmt.Sprintf("base64url %d %d", before, after)] = base64.RawURLEncoding.EncodeToString([]byte(text))
		}
	}
	return forms
}

// leaks reports in which form text gives a secret away, "" if in none. In base64 some
// bits of the first and last characters may remain.
func leaks(text, secret string) string {
	if len(secret) > 6 { // any six characters of it are too much
		for i := 0; i+6 <= len(secret); i++ {
			if strings.Contains(text, secret[i:i+6]) {
				return "raw, in part"
			}
		}
	}
	for name, form := range formsThatLeak(secret) {
		if strings.Contains(text, form) {
			return name
		}
	}
	for field := range strings.FieldsFuncSeq(text, func(r rune) bool { return !strings.ContainsRune("+/-_=", r) && (r < '0' || r > 'z') }) {
		for _, e := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.RawURLEncoding} {
			if plain, err := e.DecodeString(field); err == nil && strings.Contains(string(plain), secret) {
				return "base64"
			}
		}
	}
	return ""
}

func TestASecretIsRemovedInEveryForm(t *testing.T) {
	for _, secret := range []string{canary("form"), "abcdefgh", "a b/c?d=é\"\\\n", "pass\tword ", strings.Repeat("k", 200)} {
		for name, form := range formsThatLeak(secret) {
			err := Redact(errors.New("before "+form+" after"), core.NewSecret("other-secret"), core.NewSecret(secret))
			if leak := leaks(err.Error(), secret); leak != "" || !strings.Contains(err.Error(), "before") || !strings.Contains(err.Error(), "after") {
				t.Errorf("%q as %s leaks (%s): %q", secret, name, leak, err)
			}
		}
	}
}

func TestASecretThatContainsAnotherIsRemovedWhole(t *testing.T) {
	long, short := "abcdefghijkl", "defg"
	got := Redact(errors.New("x "+long+" "+short), core.NewSecret(short), core.NewSecret(long)).Error()
	if got != "x [redacted] [redacted]" {
		t.Errorf("got %q", got)
	}
}

func TestOfAURLOnlySchemeAndHostRemain(t *testing.T) {
	for text, want := range map[string]string{
		`Get "https://u:p@h.example:8443/a/b?k=v#f": EOF`: `Get "https://h.example:8443": EOF`,
		`see http://h/p?q, then`:                          `see http://h then`,
		`dsn postgres://u:p@db/x?sslmode=off failed`:      `dsn postgres://db failed`,
		`at https://p@w@h.example/x`:                      `at https://h.example`,
		`no url: a?b`:                                     `no url: a?b`,
	} {
		if got := Redact(errors.New(text)).Error(); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestARedactedErrorStillAnswersWhatItIs(t *testing.T) {
	query := "https://h.example/?api_secret=abcdef"
	for name, c := range map[string]struct {
		err     error
		is      []error
		timeout bool
	}{
		"cancelled":  {&url.Error{Op: "Post", URL: query, Err: context.Canceled}, []error{context.Canceled}, false},
		"deadline":   {&url.Error{Op: "Post", URL: query, Err: context.DeadlineExceeded}, []error{context.DeadlineExceeded}, true},
		"io timeout": {&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}, []error{os.ErrDeadlineExceeded}, true},
		"refused":    {fmt.Errorf("try: %w", &url.Error{Op: "Post", URL: query, Err: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}}), []error{syscall.ECONNREFUSED}, false},
		"end":        {io.ErrUnexpectedEOF, []error{io.ErrUnexpectedEOF}, false},
		"no cause":   {&url.Error{Op: "Post", URL: query, Err: errors.New("x")}, nil, false},
	} {
		err := Redact(c.err)
		for _, target := range c.is {
			if !errors.Is(err, target) {
				t.Errorf("%s: is not %v: %v", name, target, err)
			}
		}
		if timedOut(err) != c.timeout {
			t.Errorf("%s: timeout %v", name, timedOut(err))
		}
		var inner *url.Error
		if errors.As(err, &inner) {
			t.Errorf("%s: the URL can be reached", name)
		}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			if text := fmt.Sprintf(verb, err); strings.Contains(text, "abcdef") {
				t.Errorf("%s: %s gives %s", name, verb, text)
			}
		}
	}
	if Redact(nil) != nil {
		t.Error("an error out of nothing")
	}
}

func TestARedactedErrorKeepsItsClass(t *testing.T) {
	for _, err := range []error{
		core.Permanent(errors.New("x")), core.Refused(errors.New("x")), core.TooLarge(errors.New("x")),
		core.Unauthorized(errors.New("x")), core.RetryAfter(time.Minute, errors.New("x")), errors.New("x"),
		fmt.Errorf("outer: %w", core.Refused(errors.New("x"))),
	} {
		wantClassOf, wantWait := core.Classify(err)
		if class, wait := core.Classify(Redact(err)); class != wantClassOf || wait != wantWait {
			t.Errorf("%v became %s, %v", err, class, wait)
		}
	}
}

func TestAnErrorCannotSteerATerminal(t *testing.T) {
	got := Redact(errors.New("a\x1b[2J\r\nb\u202e\u2028\u0085")).Error()
	if got != `a\x1b[2J\r\nb\u202e\u2028\u0085` {
		t.Errorf("got %q", got)
	}
}

func FuzzRedact(f *testing.F) {
	f.Add("secret99", "https://h/?k=", "&x", uint8(0))
	f.Add("a+b/c=d?", "Basic ", "", uint8(6))
	f.Fuzz(func(t *testing.T, secret, before, after string, form uint8) {
		if len(secret) < 8 || strings.Contains(mask, secret[:6]) || strings.Contains(before+after, secret[:4]) {
			return
		}
		forms := []func(string) string{
			func(s string) string { return s },
			url.QueryEscape, url.PathEscape, strconv.Quote,
			func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
			func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte("user:" + s)) },
			func(s string) string { return base64.StdEncoding.EncodeToString([]byte("u:" + s + "x")) },
		}
		text := before + " " + forms[int(form)%len(forms)](secret) + " " + after
		got := Redact(errors.New(text), core.NewSecret(secret)).Error()
		if strings.Contains(got, secret) || strings.Contains(got, forms[int(form)%len(forms)](secret)) {
			t.Errorf("%q leaves %q", text, got)
		}
		if strings.ContainsFunc(got, func(r rune) bool { return !strconv.IsPrint(r) }) {
			t.Errorf("%q leaves unprintable %q", text, got)
		}
	})
}
