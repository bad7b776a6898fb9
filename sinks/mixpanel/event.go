package mixpanel

import (
	"fmt"
	"strconv"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/internal/placeholder"
)

// mapper makes one event into Mixpanel's form.
type mapper struct {
	source  core.Sealed
	changes Stats
	body    []byte
	count   int             // properties so far
	taken   map[string]bool // their names
}

// mapEvent returns an event as Mixpanel takes it, or an error of the class that says why
// not. It depends on nothing but the event and the options: Mixpanel recognises a repetition by
// name, time and ids being the same.
func (s *Sink) mapEvent(e core.Sealed) (body []byte, changes Stats, err error) {
	original := e.Name()
	switch e.Kind() {
	case core.KindTrack:
	case core.KindPage, core.KindScreen:
		original = e.Kind().String()
	default:
		return nil, Stats{}, core.Declined(fmt.Errorf("the import of events has no form for one of kind %s", e.Kind()))
	}
	original = s.prefix + original
	m := &mapper{source: e, taken: map[string]bool{}}
	name := eventName(original)
	if name != original {
		m.changes.Renamed++
	}
	m.body = append(appendString(append(m.body, `{"event":`...), name), `,"properties":{`...)
	m.protocol(s.version)
	m.context()
	m.properties()
	m.body = append(m.body, "}}"...)
	if len(m.body) >= maxEvent {
		return nil, Stats{}, core.TooLarge(fmt.Errorf("an event of %d bytes; Mixpanel takes less than %d", len(m.body), maxEvent))
	}
	return m.body, m.changes, nil
}

// add appends a property whose value is JSON.
func (m *mapper) add(name string, value []byte) {
	if m.count > 0 {
		m.body = append(m.body, ',')
	}
	m.count++
	m.body = append(append(appendString(m.body, name), ':'), value...)
}

// text adds a property of the protocol or the context, if there is one.
func (m *mapper) text(name, value string) {
	if value != "" && !placeholder.Redacted(value) {
		m.taken[name] = true
		m.add(name, appendString(nil, cutText(value, maxText)))
	}
}

// protocol adds who and when, and asks not to derive a place from our address.
func (m *mapper) protocol(version string) {
	id := identityOf(m.source)
	m.add("time", strconv.AppendInt(nil, m.time().UnixMilli(), 10))
	m.add("distinct_id", appendString(nil, id.distinct))
	m.add("$insert_id", appendString(nil, insertID(m.source.ID())))
	m.text("$user_id", id.user)
	m.text("$device_id", id.device)
	m.text("ip", "0")
	m.text("mp_lib", "headgate")
	m.text("$lib_version", version)
}

// time returns when the event happened: not after it was accepted, so that a repetition
// says the same, and not before the first time Mixpanel takes.
func (m *mapper) time() time.Time {
	t := m.source.Time()
	if latest := m.source.Received(); t.After(latest) {
		t = latest
	}
	if t.Before(earliest) {
		t = earliest
	}
	if !t.Equal(m.source.Time()) {
		m.changes.Clamped++
	}
	return t
}

// context adds what Mixpanel has a name for.
func (m *mapper) context() {
	section := func(name string) core.Object {
		v, _ := m.source.Context().Lookup(name)
		return v.Object()
	}
	in := func(o core.Object, key string) string {
		if v, _ := o.Lookup(key); v.Kind() == core.ValueString || v.Kind() == core.ValueNumber {
			return v.Text()
		}
		return ""
	}
	app, os, device := section("app"), section("os"), section("device")
	m.text("$app_version_string", in(app, "version"))
	m.text("$os", in(os, "name"))
	m.text("$os_version", in(os, "version"))
	m.text("$device", in(device, "type"))
	m.text("$model", in(device, "model"))
	m.text("$manufacturer", in(device, "manufacturer"))
	m.unlessGiven("session_id", m.source.SessionID())
	if kind := m.source.Kind(); kind != core.KindTrack && m.source.Name() != kind.String() {
		m.unlessGiven("name", m.source.Name())
	}
}

// unlessGiven adds a property that the event may have of its own; null is as good as none.
func (m *mapper) unlessGiven(name, value string) {
	if own, given := m.source.Props().Lookup(name); !given || own.Kind() == core.ValueNull {
		m.text(name, value)
	}
}

// properties adds the caller's. One that keeps its name has it, wherever it stands.
func (m *mapper) properties() {
	for key, v := range m.source.Props().All() {
		if propertyName(key) == key && len(key) <= maxName && v.Kind() != core.ValueNull {
			m.taken[key] = true
		}
	}
	for key, v := range m.source.Props().All() {
		switch {
		case v.Kind() == core.ValueNull: // Mixpanel shows it as not set
			continue
		case m.count == maxProperties:
			m.changes.Dropped++
			continue
		}
		name := key
		if wish := propertyName(key); wish != key || len(key) > maxName {
			name = m.rename(key, wish, m.taken)
		}
		m.add(name, m.appendValue(nil, v.Raw(), 1, maxContainer))
	}
}
