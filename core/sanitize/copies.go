package sanitize

import "hash/maphash"

// maxCopies bounds how many unwrapped copies of a text are remembered.
const maxCopies = 128

// unwrapped tells what came of a copy of a text with escapes undone. There are many ways to undo
// the escapes of several notations one after the other, and few copies that differ.
type unwrapped struct {
	unwrappedText
	dirty bool // something was found in it
	look  int  // at the text, in which the findings are
}

type unwrappedText struct {
	hash  uint64
	level int // of text in text
	class class
}

// copies are those of the text being cleaned.
type copies struct {
	known []unwrapped
	dirty int // how many something was found in, again or not

	looks    int // at texts
	look     int // the current one: findings of others are not in this text
	guessing int // texts being looked at only for whether there is a finding
}

// begin begins a text.
func (c *copies) begin() {
	c.known = c.known[:0]
	c.open()
}

// apart is for a text within the text being cleaned that is judged by itself: what comes of it must
// not depend on what it is within, as it is remembered.
func (c *copies) apart() copies {
	return copies{known: c.known[len(c.known):], looks: c.looks}
}

// after returns the copies once a text apart was judged.
func (c copies) after(apart copies) copies {
	c.looks = apart.looks
	return c
}

// open begins a look at a text, which is not over when another begins within it. It
// returns what is to be set back then.
func (c *copies) open() (was int) {
	was = c.look
	c.looks++
	c.look = c.looks
	return was
}

// scanCopy scans a copy of the text being cleaned, wrapped at a level, unless one like it was.
func (e *Encoder) scanCopy(text string, k keyInfo) {
	first := len(e.spans)
	e.spend(len(text) / 8)
	copied := unwrappedText{maphash.String(e.s.seen.seed, text), min(e.unwraps, maxUnwrap), k.class}
	for _, known := range e.copies.known {
		if known.unwrappedText != copied {
			continue
		}
		switch {
		case !known.dirty:
			return
		case known.look == e.copies.look: // what was found has its place in the text already
			e.copies.dirty++
			return
		case e.copies.guessing > 0:
			e.copies.dirty++
			e.spans = append(e.spans, span{from: 0, to: len(text), kind: kindEncoded})
			return
		}
	}
	was, dirty := e.progress, e.copies.dirty
	e.scan(text, k, traitsOf(text))
	e.progress = was
	found := len(e.spans) > first || e.copies.dirty > dirty
	if found {
		e.copies.dirty++
	}
	if len(e.copies.known) < maxCopies {
		e.copies.known = append(e.copies.known, unwrapped{copied, found, e.copies.look})
	}
}
