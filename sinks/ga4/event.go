package ga4

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// mapped is an event as GA4 takes it.
type mapped struct {
	// head is the request up to its events: all that GA4 reads once per request.
	head string
	// event is the element of the request's events.
	event   []byte
	changes Stats
}

// mapper makes one event into GA4's form.
type mapper struct {
	sink    *Sink
	source  core.Sealed
	changes Stats
	taken   map[string]bool // names of parameters
	params  []param
}

// errEmptyName is for names that nothing can be made of.
var errEmptyName = errors.New("GA4 takes no event without a name")

// mapEvent returns an event as GA4 takes it, or an error of the class that says why not. It
// depends on nothing but the event and the options, so that a repetition is the same request.
func (s *Sink) mapEvent(e core.Sealed) (mapped, error) {
	original := s.prefix + e.Name()
	switch e.Kind() {
	case core.KindTrack:
	case core.KindPage:
		original = "page_view"
	case core.KindScreen:
		original = "screen_view"
	default:
		return mapped{}, core.Declined(fmt.Errorf("GA4 has no form for an event of kind %s", e.Kind()))
	}
	if original == "" {
		return mapped{}, core.Permanent(errEmptyName)
	}
	m := &mapper{sink: s, source: e, taken: map[string]bool{}}
	body := append([]byte(nil), `{"name":`...)
	name := s.events.valid(original)
	if name != original {
		m.changes.Renamed++
	}
	body = appendString(body, name)
	body = append(body, `,"timestamp_micros":`...)
	body = strconv.AppendInt(body, m.time().UnixMicro(), 10)
	body = append(body, `,"params":`...)
	body = append(m.appendParams(body), '}')
	head := s.appendHead(nil, e)
	if len(head)+len(body)+len(tail) >= maxBody {
		return mapped{}, core.TooLarge(fmt.Errorf("an event of %d bytes; GA4 takes less than %d in a request", len(body), maxBody))
	}
	return mapped{string(head), body, m.changes}, nil
}

// ageMargin keeps a clamped time from being too old when the request arrives, also at a
// later attempt. GA4 itself moves the time of an event that has waited for longer.
const ageMargin = time.Hour

// time returns when the event happened: not after it was accepted, and no longer before
// that than GA4 keeps. The time of sending is not asked: a repetition must say the same.
func (m *mapper) time() time.Time {
	t, received := m.source.Time(), m.source.Received()
	if t.After(received) {
		t = received
	}
	if earliest := received.Add(-maxAge); t.Before(earliest) {
		t = earliest.Add(ageMargin)
	}
	if !t.Equal(m.source.Time()) {
		m.changes.Clamped++
	}
	return t
}
