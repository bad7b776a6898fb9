package queue

import (
	"encoding/binary"
	"slices"
)

// part is a sequence of framed records, which may lie in a pinned chunk.
type part struct {
	first uint64 // place of the first record
	data  []byte
	n     int // records in data; head fills it in
	chunk *chunk
}

// head returns the part's first records, within the limits that Fetch documents.
func (p part) head(maxRecords, maxBytes int, oversize bool) (head part, ok bool) {
	end, n := 0, 0
	for n < maxRecords && end < len(p.data) {
		size := frameHeader + int(binary.LittleEndian.Uint32(p.data[end:]))
		if end+size > maxBytes && (n > 0 || !oversize) {
			break
		}
		end += size
		n++
	}
	p.data, p.n = p.data[:end:end], n
	return p, n > 0
}

func (p part) unpin() {
	if p.chunk != nil {
		p.chunk.unpin()
	}
}

// heldItem is a record that is held, in its frame.
type heldItem []byte

func newHeld(rec []byte) heldItem {
	h := make(heldItem, 0, frameHeader+len(rec))
	h = binary.LittleEndian.AppendUint32(h, uint32(len(rec)))
	return append(h, rec...)
}

func (h heldItem) record() []byte { return h[frameHeader:len(h):len(h)] }

// backlog is what a reader gave back, the oldest first. Each part has a pin of its own.
type backlog []part

func (b *backlog) add(p part) {
	i, _ := slices.BinarySearchFunc(*b, p.first, func(p part, first uint64) int {
		if p.first < first {
			return -1
		}
		return 1
	})
	*b = slices.Insert(*b, i, p)
}

// take removes the head of the first part, and returns it with a pin of its own.
func (b *backlog) take(maxRecords, maxBytes int, oversize bool) (head part, ok bool) {
	p := &(*b)[0]
	head, ok = p.head(maxRecords, maxBytes, oversize)
	if !ok {
		return part{}, false
	}
	if head.n == p.n {
		*b = slices.Delete(*b, 0, 1)
		return head, true
	}
	p.first, p.data, p.n = p.first+uint64(head.n), p.data[len(head.data):], p.n-head.n
	if p.chunk != nil {
		p.chunk.pins++
	}
	return head, true
}

// has reports whether the record at a place is in the backlog.
func (b backlog) has(place uint64) bool {
	return slices.ContainsFunc(b, func(p part) bool {
		return place >= p.first && place < p.first+uint64(p.n)
	})
}

func (b backlog) records() (n uint64) {
	for _, p := range b {
		n += uint64(p.n)
	}
	return n
}

func (b backlog) bytes() (n int64) {
	for _, p := range b {
		n += int64(len(p.data))
	}
	return n
}

func (b *backlog) clear() {
	for _, p := range *b {
		p.unpin()
	}
	*b = nil
}
