package sanitize

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// Bounds of what a sanitizer remembers: 512 texts of 192 bytes are, with what is kept
// beside them, less than 128 KiB.
const (
	seenSlots   = 512
	maxSeenText = 192
)

// seen remembers texts in which nothing was found: the values of events are few, most of them,
// and come again. What a text holds depends on it, on the class of its key and on the
// policy, which is one for a sanitizer, and on nothing else.
//
// A text is remembered when it comes the second time, so that those that never come
// again, as identifiers do not, take no memory and drive nothing out. Nothing is remembered
// from under keys that name something sensitive.
type seen struct {
	seed  maphash.Seed
	texts [seenSlots]atomic.Pointer[seenText]
}

type seenText struct {
	text  string
	class class
	has   traits
}

// place is where a text would be remembered; the zero place is nowhere.
type place struct {
	slot  uint16
	check uint16 // tells most texts in a slot apart; 0 only in the zero place
}

// recall returns the traits of a text in which nothing was found under a key of the
// class, and where it may be remembered if it is not known.
func (e *Encoder) recall(s string, c class) (has traits, known bool, p place) {
	// What is wrapped in another text is judged by how deep it is, too.
	if len(s) < minText || len(s) > maxSeenText || c.sensitive() || e.unwraps > 0 {
		return 0, false, place{}
	}
	h := maphash.String(e.s.seen.seed, s) + uint64(c)
	p = place{uint16(h % seenSlots), uint16(h>>48) | 1}
	if t := e.s.seen.texts[p.slot].Load(); t != nil && t.class == c && t.text == s {
		return t.has, true, p
	}
	return 0, false, p
}

// remember notes that nothing was found in a text.
func (e *Encoder) remember(s string, c class, has traits, p place) {
	if p.check == 0 {
		return
	}
	if e.once[p.slot] != p.check {
		e.once[p.slot] = p.check
		return
	}
	e.s.seen.texts[p.slot].Store(&seenText{strings.Clone(s), c, has})
}
