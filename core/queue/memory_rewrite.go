package queue

import "encoding/binary"

// Rewrite implements [Rewriter]. Memory that a reader may still look at is not written to: what
// changes is a copy, which takes its place.
func (m *Memory) Rewrite(match func(rec []byte) bool, edit func(rec []byte)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for c := m.first; c != nil; c = c.next {
		if buf, changed := rewritten(c.buf, match, edit); changed {
			c.buf = buf
		}
	}
	for _, c := range m.cursors {
		for i := range c.back {
			c.back[i].rewrite(match, edit)
		}
		for _, r := range c.runs { // the reader has a Run of its own
			r.part.rewrite(match, edit)
		}
		for place, h := range c.held {
			if data, changed := rewritten(h, match, edit); changed {
				c.held[place] = data
			}
		}
	}
	return nil
}

// rewrite puts a copy in the place of what matches.
func (p *part) rewrite(match func(rec []byte) bool, edit func(rec []byte)) {
	if data, changed := rewritten(p.data, match, edit); changed {
		p.unpin()
		p.data, p.chunk = data, nil
	}
}

// rewritten returns framed records as edit has those that match, in memory of their own with as much room.
func rewritten(data []byte, match func(rec []byte) bool, edit func(rec []byte)) (out []byte, changed bool) {
	for at := 0; at < len(data); {
		from := at + frameHeader
		at = from + int(binary.LittleEndian.Uint32(data[at:]))
		if !match(data[from:at:at]) {
			continue
		}
		if !changed {
			out, changed = append(make([]byte, 0, cap(data)), data...), true
		}
		edit(out[from:at:at])
	}
	return out, changed
}

var _ Rewriter = (*Memory)(nil)
