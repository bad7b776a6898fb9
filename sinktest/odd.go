package sinktest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/headgate-dev/headgate/core"
)

func sendsNothing(tr *trial) {
	s := tr.open(setting{})
	for _, empty := range [][]core.Sealed{nil, {}} {
		r := s.send(s.h.Patience, empty)
		if !r.fine(tr, "Send of an empty batch") {
			return
		}
		if r.err != nil {
			tr.broken("Send of an empty batch: %v", r.err)
		}
	}
	after := s.batch(2)
	if s.deliver(tr, after) {
		s.expect(tr, "after an empty batch and one of two", after)
	}
}

// settled are the classes after which an event is not tried again.
var settled = []core.Class{Delivered, core.ClassPermanent, core.ClassRefused, core.ClassTooLarge, core.ClassDeclined}

func takesLarge(tr *trial) {
	s := tr.open(setting{})
	props := core.Props{}
	for i := range 15 { // the sanitiser takes 64 KiB of a string
		props[fmt.Sprint("part", i)] = strings.Repeat("lorem ipsum ", 5_400)
	}
	large := tr.events(3)
	large[1].Props = props
	claims := s.settle(tr, "a batch with an event of a megabyte", large)
	s.verify(tr, append(claims, s.settle(tr, "an event of a megabyte by itself", large[1:2])...))
}

// claim is an event that a sink says is delivered.
type claim struct{ what, id string }

// settle sends what the destination may refuse, expects an end of it, and returns what is said to be delivered. The
// events are given new ids: a destination may know those that it has.
func (s *subject) settle(tr *trial, what string, events []core.Event) (claims []claim) {
	tr.Helper()
	events = slices.Clone(events)
	for i, e := range tr.events(len(events)) {
		events[i].ID = e.ID
	}
	batch := Seal(tr, events...)
	r := s.send(s.h.Patience, batch)
	if !r.fine(tr, "Send of "+what) || !tr.oneOf("Send of "+what, r.err, len(batch), settled...) {
		return nil
	}
	for i, class := range Classes(r.err, len(batch)) {
		if class == Delivered {
			claims = append(claims, claim{what + ", " + place(i, len(batch)), batch[i].ID()})
		}
	}
	return claims
}

// verify looks for what is said to be delivered.
func (s *subject) verify(tr *trial, claims []claim) {
	tr.Helper()
	got := s.arrived()
	for _, c := range claims {
		if got[c.id] == 0 {
			tr.broken("%s, counts as delivered and is not at the destination", c.what)
			return
		}
	}
}

// hostile are texts that have broken somebody's way of storing or sending text.
var hostile = []string{
	`'; DROP TABLE events; --`, `"`, `\`, `\"`, `\u0000`, `\ud800`, "\x00", "a\x00b", "\x01\x1f\x7f", "tab\tline\nfeed\r\n", "\r\nX-Injected: 1\r\n\r\n",
	"\xff\xfe not UTF-8 \xc3\x28", "\xed\xa0\x80 half a pair", "😀 four bytes 🏳️‍🌈", "line\u2028paragraph\u2029", "\u202eright to left", "\ufeffmark", "\ufffe\uffff",
	"null", "true", "1e400", "-0", "NaN", "{}", "[]", `{"a":1}`, "{{.}}", "${HOME}", "%s%n%x", "%00", "%2e%2e/", "../../etc/passwd", "a/b?c=d&e#f;g", "<script>&amp;", "$set", "__proto__", "constructor",
	"", " ", "  padded  ", ",", ";", "|", strings.Repeat("long ", 2_000), strings.Repeat("日本語", 700),
}

// hostileNames are names that the core lets pass.
var hostileNames = []string{
	"a b/c?d=e&f#g", "%zz%2F%00", "../../x", "$identify", "日本語", "😀", `"quoted"`, `back\slash`, "'; --", "{event}", "1st", "_", "error", "session_start", strings.Repeat("n", 256), strings.Repeat("é", 128),
}

func takesAnyText(tr *trial) {
	s := tr.open(setting{})
	var list []core.Event
	for i, e := range tr.events(len(hostile) + len(hostileNames)) {
		if i >= len(hostile) {
			e.Name = hostileNames[i-len(hostile)]
			list = append(list, e)
			continue
		}
		text := hostile[i]
		short := text[:min(len(text), 100)]
		e.UserID, e.AnonymousID, e.SessionID = short, short, short
		e.Props = core.Props{"value": text, text: "a key", "list": []any{text, i, nil}, "nested": map[string]any{short: text}}
		e.Context = core.Props{"value": text, "locale": short, "os": map[string]any{"name": text}}
		list = append(list, e)
	}
	nested := any("deep")
	for range 40 {
		nested = map[string]any{"d": nested}
	}
	odd := tr.events(4)
	odd[0].Props = core.Props{"deep": nested}
	odd[1].Props = core.Props{"big": uint64(1<<64 - 1), "tiny": 5e-324, "huge": 1.7976931348623157e308, "exact": int64(1<<53 + 1)}
	odd[2].Time = time.Unix(0, 1)
	odd[3].Time = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
	list = append(list, odd...)
	var claims []claim
	for i := range list {
		claims = append(claims, s.settle(tr, fmt.Sprintf("an event with odd text (%q, %.40q)", list[i].Name, list[i].UserID), list[i:i+1])...)
	}
	claims = append(claims, s.settle(tr, "such events in one batch", list[:min(len(list), s.limits().MaxEvents)])...)
	s.verify(tr, claims)
	s.wellFormed(tr)
}

// wellFormed looks at the bodies of requests that say that they are JSON.
func (s *subject) wellFormed(tr *trial) {
	if s.to == nil {
		return
	}
	for _, r := range s.to.Requests() {
		kind := r.Header.Get("Content-Type")
		switch {
		case len(r.Body) == 0 || !strings.Contains(kind, "json"):
		case !utf8.Valid(r.Body):
			tr.broken("the body of request %d is not UTF-8: %.300q", r.Index+1, r.Body)
			return
		case strings.Contains(kind, "ndjson"):
			for line := range strings.Lines(string(r.Body)) {
				if !json.Valid([]byte(line)) {
					tr.broken("a line of request %d is not JSON: %.300q", r.Index+1, line)
					return
				}
			}
		case !json.Valid(r.Body):
			tr.broken("the body of request %d is not JSON: %.300q", r.Index+1, r.Body)
			return
		}
	}
}
