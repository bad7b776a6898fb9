package jetstream

import (
	"encoding/binary"
	"slices"
	"time"
)

// message is one that the servers have given to a cursor, and that is not acknowledged.
type message struct {
	number     uint64
	generation int    // of the stream
	stored     int64  // when it was, by the servers' clock
	reply      string // where to say what became of it; that of the last time it was given
	records    int
	bytes      int       // of the framed records
	left       int       // records that have not come to their end
	own        bool      // this process appended it
	copied     bool      // as a copy for this cursor alone
	touched    bool      // the reader has had some of it
	told       time.Time // when it was given, or the servers were last told of it
}

func (m *message) place(index int) uint64 { return m.number<<indexBits + uint64(index) }

// part is a sequence of framed records of a message.
type part struct {
	m     *message
	first uint64 // place of the first record
	data  []byte
	n     int
}

// head returns the part's first records, within the limits that Fetch documents.
func (p part) head(maxRecords, maxBytes int, oversize bool) (head part, ok bool) {
	end, n := 0, 0
	for n < maxRecords && n < p.n {
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

// tail returns what is behind a head.
func (p part) tail(head part) part {
	p.first, p.data, p.n = p.first+uint64(head.n), p.data[len(head.data):], p.n-head.n
	return p
}

// parts are what there is to fetch.
type parts struct {
	list    []part
	records uint64
	bytes   int64
}

// put inserts a part by its place.
func (ps *parts) put(p part) {
	i, _ := slices.BinarySearchFunc(ps.list, p.first, func(p part, first uint64) int {
		if p.first < first {
			return -1
		}
		return 1
	})
	ps.insert(i, p)
}

func (ps *parts) insert(i int, p part) {
	ps.list = slices.Insert(ps.list, i, p)
	ps.records += uint64(p.n)
	ps.bytes += int64(len(p.data))
}

// take removes the head of the first part.
func (ps *parts) take(maxRecords, maxBytes int, oversize bool) (head part, ok bool) {
	head, ok = ps.list[0].head(maxRecords, maxBytes, oversize)
	if !ok {
		return part{}, false
	}
	ps.records -= uint64(head.n)
	ps.bytes -= int64(len(head.data))
	if rest := ps.list[0].tail(head); rest.n > 0 {
		ps.list[0] = rest
	} else {
		ps.list = slices.Delete(ps.list, 0, 1)
	}
	return head, true
}

// remove removes the parts that a function picks.
func (ps *parts) remove(pick func(part) bool) {
	ps.list = slices.DeleteFunc(ps.list, func(p part) bool {
		if !pick(p) {
			return false
		}
		ps.records -= uint64(p.n)
		ps.bytes -= int64(len(p.data))
		return true
	})
}

// first returns the part with the lowest place.
func (ps *parts) first() (first part, ok bool) {
	for i, p := range ps.list {
		if i == 0 || p.first < first.first {
			first = p
		}
	}
	return first, len(ps.list) > 0
}

// held is a record that the reader keeps beyond its run.
type held struct {
	part
	loose bool // the run is done
}

// run is a run in the reader's hand.
type run struct {
	cursor *cursor // nil once it is done, or given back
	log    *Log
	part
}

// Done implements [queue.Pin].
func (r *run) Done() {
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	c := r.cursor
	if c == nil {
		return
	}
	r.cursor = nil
	c.runs = slices.Delete(c.runs, slices.Index(c.runs, r), slices.Index(c.runs, r)+1)
	ended := r.n
	if len(c.held) > 0 {
		for place := r.first; place < r.first+uint64(r.n); place++ {
			if h, ok := c.held[place]; ok {
				h.loose = true
				ended--
			}
		}
	}
	c.end(r.m, ended)
	r.part = part{}
}
