package jetstream

import (
	"cmp"
	"slices"
	"time"
)

// own is what this process appended and a cursor has neither been given yet nor lost sight of,
// in the order of the stream.
type own struct {
	entries []entry
	records uint64
	bytes   int64
}

type entry struct {
	number  uint64 // of the message
	records int    // 0: it is not there any more
	bytes   int
	stored  time.Time
	given   time.Time // when it was seen to have been given to somebody; zero: not yet
	back    bool      // it was given to this process, which gave it back
	copied  bool      // it is a copy for this cursor alone, under no subject of this process
}

func byNumber(e entry, number uint64) int { return cmp.Compare(e.number, number) }

func (o *own) add(e entry) {
	i, _ := slices.BinarySearchFunc(o.entries, e.number, byNumber)
	o.entries = slices.Insert(o.entries, i, e)
	o.records += uint64(e.records)
	o.bytes += int64(e.bytes)
}

// take removes a message, and returns what it was; one without records if it was not there.
func (o *own) take(number uint64) (e entry) {
	i, ok := slices.BinarySearchFunc(o.entries, number, byNumber)
	if !ok || o.entries[i].records == 0 {
		return entry{}
	}
	e = o.entries[i]
	o.drop(&o.entries[i])
	o.trim()
	return e
}

// drop removes an entry when its place in the list is not to change.
func (o *own) drop(e *entry) {
	o.records -= uint64(e.records)
	o.bytes -= int64(e.bytes)
	e.records, e.bytes = 0, 0
}

// trim forgets the entries at the front that are not there any more.
func (o *own) trim() {
	n := 0
	for n < len(o.entries) && o.entries[n].records == 0 {
		n++
	}
	if n == len(o.entries) {
		o.entries = o.entries[:0]
		return
	}
	o.entries = o.entries[n:]
}

// first returns the oldest message.
func (o *own) first() (e entry, ok bool) {
	if len(o.entries) == 0 { // trim leaves none at the front that is not there
		return e, false
	}
	return o.entries[0], true
}

func (o *own) clear() { *o = own{} }
