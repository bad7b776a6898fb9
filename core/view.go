package core

import (
	"encoding/binary"
	"slices"
)

// views returns events as the sink is to see them: the events themselves where nothing of
// them changes for it, else copies. The log, the dead letters and the filters know the
// events as they were sealed, so that what is tried again follows today's configuration.
func (l *lane) views(events []Sealed) []Sealed {
	if l.editor == nil && l.policy == nil {
		return l.withoutCredentials(events)
	}
	seen := slices.Clone(events)
	for i := range seen {
		seen[i] = l.view(seen[i])
	}
	return seen
}

// withoutCredentials returns events of which hardly ever one changes.
func (l *lane) withoutCredentials(events []Sealed) []Sealed {
	c := l.scrubber.credentials.Load()
	if c == nil {
		return events
	}
	seen := events
	for i := range events {
		if _, _, _, found := c.next(view(events[i].JSON()), 0); !found {
			continue
		}
		if &seen[0] == &events[0] {
			seen = slices.Clone(events)
		}
		seen[i] = c.scrub(events[i])
	}
	return seen
}

// view returns one event as the sink is to see it.
func (l *lane) view(s Sealed) Sealed {
	if l.editor != nil {
		s = l.editor.apply(s)
	}
	if l.policy != nil {
		s = l.policy.apply(s)
	}
	return l.scrubber.credentials.Load().scrub(s) // it may have been sealed before they were known
}

// with returns the event with another text in one of its fields, absent if that is empty.
// Neither the event nor text is aliased by the result.
func (s *Sealed) with(field int, text []byte) Sealed {
	rec := make([]byte, 0, len(s.rec)+len(fieldKeys[field])+len(text))
	rec = append(rec, s.rec[:s.body]...)
	opened := false
	for f := range fieldCount {
		content := s.field(f)
		if f == field {
			content = text
		}
		setFieldLen(rec, f, len(content))
		if len(content) == 0 {
			continue
		}
		key := fieldKeys[f]
		if !opened { // the id is always there, but this does not rest on it
			rec, key, opened = append(rec, '{'), key[1:], true
		}
		rec = append(append(rec, key...), content...)
	}
	rec = append(rec, '}')
	changed, err := openRecord(rec)
	if err != nil {
		return *s // it was read with the same code
	}
	changed.place = s.place
	return changed
}

func setFieldLen(rec []byte, f, n int) {
	if f < fieldProps {
		binary.LittleEndian.PutUint16(rec[atShort+2*f:], uint16(n))
		return
	}
	binary.LittleEndian.PutUint32(rec[atLong+4*(f-fieldProps):], uint32(n))
}
