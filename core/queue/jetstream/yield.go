package jetstream

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// What a process does with a message that it has in hand when that is rewritten: by itself or by another one.

// freeze has nobody fetch, until thaw is called as often.
func (l *Log) freeze() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.frozen++
}

func (l *Log) thaw() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.frozen--; l.frozen > 0 {
		return
	}
	for _, c := range l.cursors {
		c.wakeIfWanted()
	}
}

// editHand rewrites what the log has at hand. A message may be here alone, when it was dropped from the
// stream for want of room. Readers may be looking at what is there: what changes is a copy.
func (l *Log) editHand(match func(rec []byte) bool, edit func(rec []byte)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.everyCursor() {
		for _, data := range c.data() {
			changed := slices.Clone(*data)
			if rewriteFrames(changed, match, edit) {
				*data = changed
			}
		}
	}
}

// data returns all framed records that are not acknowledged.
func (c *cursor) data() (all []*[]byte) {
	for _, at := range []*parts{&c.back, &c.fresh} {
		for i := range at.list {
			all = append(all, &at.list[i].data)
		}
	}
	for _, r := range c.runs {
		all = append(all, &r.data)
	}
	for _, h := range c.held {
		all = append(all, &h.data)
	}
	return all
}

// takeBack takes what is left of a message out of the reader's hand.
func (c *cursor) takeBack(m *message) {
	c.runs = slices.DeleteFunc(c.runs, func(r *run) bool {
		if r.m != m {
			return false
		}
		c.back.put(r.part)
		r.cursor = nil
		return true
	})
	maps.DeleteFunc(c.held, func(_ uint64, h *held) bool {
		if h.m != m {
			return false
		}
		if h.loose {
			c.back.put(h.part)
		}
		return true
	})
}

// letGo stores what is left of a message here, as it is to be, for each cursor that has it in hand, and
// finishes it. It returns the consumers that need no copy any more; also those that have finished it. It is
// called while nobody fetches.
func (l *Log) letGo(ctx context.Context, o original) (settled map[string]bool, err error) {
	settled = make(map[string]bool)
	l.mu.Lock()
	number := l.link.base + o.seq
	cursors := slices.Clone(l.cursors)
	l.mu.Unlock()
	for _, c := range cursors {
		done, err := l.letGoOf(ctx, c, number, o)
		if err != nil {
			return nil, err
		}
		if done {
			settled[c.durable] = true
		}
	}
	return settled, nil
}

// letGoOf is letGo for one cursor.
func (l *Log) letGoOf(ctx context.Context, c *cursor, number uint64, o original) (settled bool, err error) {
	l.mu.Lock()
	m, inHand := c.messages[number]
	if !inHand || m.stored != o.stored {
		stored, known := c.knownAs(number)
		l.mu.Unlock()
		return known && stored == o.stored, nil
	}
	if _, n, ok := unpack(o.data); !ok || n != m.records {
		l.mu.Unlock()
		return false, errors.New("what it is to be is damaged")
	}
	c.takeBack(m)
	rest := c.restOf(m, o)
	js := l.link.js
	l.mu.Unlock()
	seq, err := publishCopy(ctx, js, l.cfg.Stream, l.subjects.to(c.durable), copyID(o.seq, o.stored, c.durable), rest)
	if err != nil {
		return false, fmt.Errorf("what %s has not finished of it: %w", c.durable, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.messages[number] == m {
		records, bytes := c.takeOut(m)
		c.expectCopy(entry{number: l.link.base + seq, records: records, bytes: bytes, stored: time.Unix(0, o.stored), copied: true})
		c.acknowledge(m)
		return true, nil
	}
	// It was withdrawn meanwhile, and so is its rest.
	l.expireCopy(l.link.base + seq)
	return true, nil
}

// restOf packs what is left of a message, as it is to be.
func (c *cursor) restOf(m *message, o original) []byte {
	left := make(map[int]bool)
	for _, p := range c.unfinished()[m] {
		for i := range p.n {
			left[int(p.first-m.place(0))+i] = true
		}
	}
	frames, n, _ := unpack(o.data)
	rest := pack(nil, len(left))
	for i := range n {
		size, _ := frameSize(frames)
		if left[i] {
			rest = append(rest, frames[:size]...)
		}
		frames = frames[size:]
	}
	return rest
}

// takeOut removes a message from what there is to fetch. It is called with the log's mutex held.
func (c *cursor) takeOut(m *message) (records, bytes int) {
	for _, at := range []*parts{&c.back, &c.fresh} {
		at.remove(func(p part) bool {
			if p.m != m {
				return false
			}
			records, bytes = records+p.n, bytes+len(p.data)
			return true
		})
	}
	return records, bytes
}

// expectCopy notes that records which this process had come again in a message of another number. It is
// called with the log's mutex held.
func (c *cursor) expectCopy(e entry) {
	if m, here := c.messages[e.number]; here { // it was counted as recovered
		m.own, m.copied = true, e.copied
	}
	if _, here := c.knownAs(e.number); here || e.records == 0 {
		c.handed += uint64(e.records)
		return
	}
	c.own.add(e)
}

// replaced notes that a message which this process may have appended is to come as its copy.
func (l *Log) replaced(o original, seq uint64, consumers []string, forOne bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.cursors {
		if slices.Contains(consumers, c.durable) && c.own.take(l.link.base+o.seq).records > 0 {
			c.expectCopy(entry{number: l.link.base + seq, records: o.records, bytes: len(o.data) - packHeader, stored: time.Unix(0, o.stored), copied: forOne})
		}
	}
}

// drop lets go of a message of which every consumer has a copy, or needs none; also when it comes later.
func (l *Log) drop(seq uint64, stored int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	number := l.link.base + seq
	l.gone.add(&message{number: number, stored: stored})
	for _, c := range l.cursors {
		c.handed += uint64(c.own.take(number).records) // it comes as its copy, to whomever
		if m, ok := c.messages[number]; ok && m.stored == stored {
			c.takeBack(m)
			records, _ := c.takeOut(m)
			c.handed += uint64(records)
			c.acknowledge(m)
		}
	}
}

// has reports whether some cursor has a message in hand.
func (l *Log) has(seq uint64, stored int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(l.cursors, func(c *cursor) bool {
		m, ok := c.messages[l.link.base+seq]
		return ok && m.stored == stored
	})
}

// consumerNames returns those of the cursors, which must be there.
func (l *Log) consumerNames() map[string]bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	names := make(map[string]bool)
	for _, c := range l.cursors {
		names[c.durable] = true
	}
	return names
}
