package sinktest

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// secrets are the credentials that a sink was given.
type secrets struct {
	mu     sync.Mutex
	values map[string]string
}

// made returns the credential of a name, made the first time.
func (s *secrets) made(name string, value func() string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.values == nil {
		s.values = map[string]string{}
	}
	if _, ok := s.values[name]; !ok {
		s.values[name] = value()
	}
	return s.values[name]
}

// in returns in which form a credential is in a text, "" if none is.
func (s *secrets) in(text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, value := range s.values {
		if form := formIn(text, value); form != "" {
			return form
		}
	}
	return ""
}

// formIn returns the form in which a secret is in a text.
func formIn(text, secret string) string {
	quoted, _ := json.Marshal(secret)
	forms := map[string]string{
		"as it is": secret, "with escapes as in a URL": url.QueryEscape(secret), "with escapes as in a path": url.PathEscape(secret),
		"in JSON": string(quoted[1 : len(quoted)-1]), "quoted": strings.Trim(strconv.Quote(secret), `"`), "in hex": hex.EncodeToString([]byte(secret)),
	}
	for form, s := range forms {
		if len(s) >= 8 && strings.Contains(text, s) {
			return form
		}
	}
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before := range 3 { // as a part of "user:secret", say, at any place
			coded := encoding.EncodeToString([]byte(strings.Repeat("x", before) + secret))
			if inner := coded[4 : len(coded)-3]; len(inner) >= 8 && strings.Contains(text, inner) {
				return "in base64"
			}
		}
	}
	return ""
}

// shownBy returns everything that an error shows, and those that it wraps.
func shownBy(err error) (texts []string) {
	if err == nil {
		return nil
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%q"} {
		texts = append(texts, fmt.Sprintf(verb, err))
	}
	var partial *core.BatchError
	if errors.As(err, &partial) {
		for _, own := range partial.Failed {
			if own != err {
				texts = append(texts, shownBy(own)...)
			}
		}
	}
	switch wraps := err.(type) {
	case interface{ Unwrap() error }:
		texts = append(texts, shownBy(wraps.Unwrap())...)
	case interface{ Unwrap() []error }:
		for _, inner := range wraps.Unwrap() {
			texts = append(texts, shownBy(inner)...)
		}
	}
	return texts
}

// echo answers with everything that it was told, as servers do that are being debugged.
func echo(status int) func(Request) Answer {
	return func(r Request) Answer {
		query, _ := url.QueryUnescape(r.Query)
		path, _ := url.PathUnescape(r.Path)
		said := strings.NewReplacer("\r", " ", "\n", " ").Replace(fmt.Sprintf("%s?%s %s %s %q ", r.Path, r.Query, path, query, r.Header))
		return Answer{
			Status: status, Body: said + string(r.Body),
			Header: map[string]string{"Location": "http://127.0.0.1:1" + r.Path + "?" + r.Query, "WWW-Authenticate": said, "X-Said": said},
		}
	}
}

func hidesSecrets(tr *trial) {
	s := tr.open(setting{})
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		s.hidden(tr, "what fmt prints of the sink with "+verb, fmt.Sprintf(verb, s.sink))
		// Of a field that is not exported fmt asks no method: only a core.Secret, or a function, hides there.
		s.hidden(tr, "what fmt prints of what holds the sink with "+verb, fmt.Sprintf(verb, struct{ s core.Sink }{s.sink}))
	}
	if previewer, ok := s.sink.(core.Previewer); ok {
		s.call(s.h.Patience, func() error {
			shown, err := previewer.Preview(s.batch(2))
			s.hidden(tr, "a preview", fmt.Sprintf("%+v", shown))
			s.hiddenIn(tr, "Preview", err)
			return nil
		})
	}
	s.hiddenIn(tr, "Send", s.send(s.h.Patience, s.batch(2)).err)
	if tr.h.HTTP != nil {
		hidesSecretsInTrouble(tr)
	}
	s.hidden(tr, "the log", s.log.String())
}

// hidesSecretsInTrouble looks at the errors of everything that goes wrong.
func hidesSecretsInTrouble(tr *trial) {
	for _, status := range []int{200, 302, 307, 400, 401, 403, 404, 413, 429, 500, 503} {
		s := tr.open(setting{})
		s.to.follow(func(_ int, r Request, _ []string) (Answer, bool) { return echo(status)(r), true })
		s.to.accept(echo(status))
		s.trouble(tr, "an answer "+strconv.Itoa(status)+" that repeats the request", s.h.Patience)
	}
	for _, fault := range []Fault{CutBody, BadChunks} {
		s := tr.open(setting{script: func(_ int, r Request, _ []string) (Answer, bool) {
			answer := echo(401)(r)
			answer.Fault = fault
			return answer, true
		}})
		s.trouble(tr, fault.String(), s.h.Patience)
	}
	// Where no server repeats it, the query of a URL is the sink's own doing.
	for _, a := range []Answer{{Status: 404}, {Fault: Reset}, {Fault: NotHTTP}, {Fault: Hang}} {
		s := tr.open(setting{script: always(a)})
		timeout := s.h.Patience
		if a.Fault == Hang {
			timeout = 20 * time.Millisecond
		}
		s.queryHidden(tr, s.trouble(tr, fmt.Sprintf("the answer %d, %v", a.Status, a.Fault), timeout))
	}
	s := tr.open(setting{url: deadURL(tr)})
	s.trouble(tr, "nobody listens", s.h.Patience)
	// An address that is wrong is an error of New or of Send.
	wrong := tr.prepare(setting{url: "http://exa mple.invalid"})
	if err := wrong.make(); err != nil {
		wrong.hiddenIn(tr, "New with a wrong URL", err)
		return
	}
	wrong.trouble(tr, "a wrong URL", s.h.Patience)
	wrong.close(s.h.Patience)
}

// trouble looks at what a sink says of trouble that it is in, and returns the error of Send.
func (s *subject) trouble(tr *trial, what string, timeout time.Duration) error {
	tr.Helper()
	r := s.send(timeout, s.batch(2))
	s.hiddenIn(tr, "Send ("+what+")", r.err)
	if _, ok := s.sink.(core.Checker); ok {
		s.hiddenIn(tr, "Check ("+what+")", s.check(timeout).err)
	}
	s.hidden(tr, "the log ("+what+")", s.log.String())
	return r.err
}

// hiddenIn looks for secrets in an error.
func (s *subject) hiddenIn(tr *trial, call string, err error) {
	tr.Helper()
	for _, text := range shownBy(err) {
		if !s.hidden(tr, "the error of "+call, text) {
			return
		}
	}
}

// queryHidden looks for the query of a URL in an error.
func (s *subject) queryHidden(tr *trial, err error) {
	tr.Helper()
	for _, text := range shownBy(err) {
		for _, r := range s.to.Requests() {
			if r.Query != "" && strings.Contains(text, r.Query) {
				tr.broken("an error of Send shows the query of the URL, where credentials may be: %s", text)
				return
			}
		}
	}
}

// hidden reports a secret that is in a text.
func (s *subject) hidden(tr *trial, where, text string) bool {
	tr.Helper()
	form := s.env.secrets.in(text)
	if form != "" {
		tr.broken("a credential is in %s, %s; keep it as a core.Secret, and give it to transport.Options", where, form)
	}
	return form == ""
}

// The values by which events are recognised where nothing of them may be.
const (
	valueInProps   = "meadows of asphodel"
	valueInUser    = "penelope-of-ithaca"
	valueInContext = "wine-dark seas"
)

func hidesEvents(tr *trial) {
	marked := func() []core.Event {
		list := tr.events(3)
		for i := range list {
			list[i].UserID, list[i].AnonymousID = valueInUser, valueInUser
			list[i].Props, list[i].Context = core.Props{"note": valueInProps, valueInProps: 1}, core.Props{"note": valueInContext}
		}
		return list
	}
	look := func(s *subject, what string, err error) bool {
		for _, text := range append(shownBy(err), s.log.String()) {
			for _, value := range []string{valueInProps, valueInUser, valueInContext} {
				if strings.Contains(text, value) {
					tr.broken("after %s the error or the log holds a value of an event: %.300s", what, text)
					return false
				}
			}
		}
		return true
	}
	for _, a := range []Answer{{}, {Status: 302}, {Status: 400}, {Status: 401}, {Status: 413}, {Status: 429}, {Status: 503}, {Fault: Reset}, {Fault: NotHTTP}} {
		what := fmt.Sprintf("the answer %d, %v,", a.Status, a.Fault)
		s := tr.open(setting{})
		if a.Status != 0 || a.Fault != NoFault {
			s.to.follow(always(a))
		}
		if !look(s, what, s.send(s.h.Patience, Seal(tr, marked()...)).err) {
			return
		}
	}
}
