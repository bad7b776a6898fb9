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

func (s *spans) add(p span) {
	i, _ := slices.BinarySearchFunc(*s, p.first, func(q span, first uint64) int { return cmp.Compare(q.first, first) })
	*s = slices.Insert(*s, i, p)
}

// join adds places behind all others, to the last sequence if they follow it.
func (s *spans) join(p span) {
	if n := len(*s); n > 0 && (*s)[n-1].end == p.first && (*s)[n-1].off == 0 {
		(*s)[n-1].end = p.end
		(*s)[n-1].bytes += p.bytes
		return
	}
	*s = append(*s, p)
}

// take removes the first places, up to end, which took so many bytes; the next is at off.
func (s *spans) take(end uint64, bytes, off int64) {
	first := &(*s)[0]
	first.first, first.bytes, first.off = end, max(0, first.bytes-bytes), off
	if first.first >= first.end {
		*s = slices.Delete(*s, 0, 1)
	}
}

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

func (s spans) bytes() (n int64) {
	for _, p := range s {
		n += p.bytes
	}
	return n
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
