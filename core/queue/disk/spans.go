package disk

import (
	"cmp"
	"slices"
)

// span is a sequence of places.
type span struct {
	first, end uint64
	bytes      int64 // of their frames
	off        int64 // where the first lies in its segment; 0: not known
}

func (s span) records() uint64 { return s.end - s.first }

func (s span) has(place uint64) bool { return place >= s.first && place < s.end }

// spans are places in ascending order, none of them twice.
type spans []span

func (s spans) has(place uint64) bool {
	i, _ := slices.BinarySearchFunc(s, place, func(q span, place uint64) int {
		if q.end <= place {
			return -1
		}
		return 1
	})
	return i < len(s) && s[i].has(place)
}

func (s spans) records() (n uint64) {
	for _, p := range s {
		n += p.records()
	}
	return n
}

// backlog is what was given back: spans, of which the total is known.
type backlog struct {
	spans
	total uint64
	bytes int64
}

func (b *backlog) add(p span) {
	i, _ := slices.BinarySearchFunc(b.spans, p.first, func(q span, first uint64) int { return cmp.Compare(q.first, first) })
	b.insert(i, p)
}

func (b *backlog) insert(i int, p span) {
	b.spans = slices.Insert(b.spans, i, p)
	b.total += p.records()
	b.bytes += p.bytes
}

// join adds places behind all others, to the last sequence if they follow it and neither is
// known to lie in a segment.
func (b *backlog) join(p span) {
	n := len(b.spans)
	if n == 0 || b.spans[n-1].end != p.first || b.spans[n-1].off != 0 {
		b.insert(n, p)
		return
	}
	b.spans[n-1].end = p.end
	b.spans[n-1].bytes += p.bytes
	b.total += p.records()
	b.bytes += p.bytes
}

// take removes the first places, up to end, which took so many bytes; the next is at off.
func (b *backlog) take(end uint64, bytes, off int64) {
	first := &b.spans[0]
	b.total -= end - first.first
	taken := min(bytes, first.bytes)
	if end == first.end {
		taken = first.bytes
	}
	b.bytes -= taken
	first.first, first.bytes, first.off = end, first.bytes-taken, off
	if first.first == first.end {
		b.spans = b.spans[1:]
	}
}

// pop removes the last places.
func (b *backlog) pop() (last span) {
	last = b.spans[len(b.spans)-1]
	b.spans = b.spans[:len(b.spans)-1]
	b.total -= last.records()
	b.bytes -= last.bytes
	return last
}

// union sorts places of which some may be there twice, and joins those that follow one
// another. Their bytes are lost.
func (s *spans) union() {
	slices.SortFunc(*s, func(a, b span) int { return cmp.Compare(a.first, b.first) })
	out := (*s)[:0]
	for _, p := range *s {
		if n := len(out); n > 0 && p.first <= out[n-1].end {
			out[n-1].end = max(out[n-1].end, p.end)
			continue
		}
		out = append(out, p)
	}
	*s = out
}
