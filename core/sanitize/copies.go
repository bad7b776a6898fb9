package sanitize

import "hash/maphash"

// maxCopies bounds how many unwrapped copies of a text are remembered.
const maxCopies = 64

// unwrapped tells of a copy of a text with escapes undone that nothing was found in. There are
// many ways to undo the escapes of several notations one after the other, and few
// copies that differ.
type unwrapped struct {
	hash  uint64
	level int // of text in text
	class class
}

// scanCopy scans a copy of the text being cleaned, wrapped at a level, unless one like it was.
func (e *Encoder) scanCopy(text string, k keyInfo) {
	first := len(e.spans)
	e.spend(len(text) / 8)
	c := unwrapped{maphash.String(e.s.seen.seed, text), min(e.unwraps, maxUnwrap), k.class}
	for _, known := range e.copies {
		if known == c {
			return
		}
	}
	was := e.progress
	e.scan(text, k, traitsOf(text))
	e.progress = was
	if len(e.spans) == first && len(e.copies) < maxCopies {
		e.copies = append(e.copies, c)
	}
}
