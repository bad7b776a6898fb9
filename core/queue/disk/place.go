package disk

import (
	"path/filepath"
	"slices"

	"github.com/headgate-dev/headgate/core/queue/disk/internal/fsys"
)

// recover makes the log what was found.
func (l *Log) recover(f found) error {
	end := uint64(0)
	if n := len(f.segments); n > 0 {
		f.segments[n-1].end, end = f.newest.end, f.newest.end
	}
	for _, state := range f.cursors { // a place that a cursor has passed is never another record's
		end = max(end, state.next)
	}
	tail := int64(0)
	var newest fsys.File
	for i, seg := range f.segments {
		if i == len(f.segments)-1 {
			whole := seg.end == end && !f.newest.lost()
			seg.end = end
			newest = l.repair(seg, f.newest, whole)
		}
		seg.before = tail
		tail += seg.size - dataStart
	}
	l.mu.Lock()
	l.segments, l.end, l.tail = f.segments, end, tail
	cursors := slices.Clone(l.cursors)
	l.mu.Unlock()
	for _, c := range cursors {
		if err := l.place(c, f); err != nil {
			if newest != nil {
				_ = newest.Close() // it is opened again
			}
			return err
		}
	}
	l.dropUnknown(cursors, f)
	if n := len(f.segments); n > 0 && !l.adopt(f.segments[n-1], newest) {
		l.dropEmpty(f.segments[n-1])
	}
	l.mu.Lock()
	l.opened = true
	for _, c := range l.cursors {
		c.wakeIfWanted()
	}
	l.mu.Unlock()
	l.keeper.reclaim()
	return nil
}

// repair makes the newest segment what it was before a crash, and puts it on stable storage: what it
// has may be with the operating system only. It returns the file if it can be written to.
//
// What is behind the last intact frame is cut off: a write that did not come to its end. Where
// the segment had records there, they are left, to be counted when they are read.
func (l *Log) repair(seg *segment, v survey, whole bool) fsys.File {
	if seg.size = v.file; whole {
		seg.size = v.size
	}
	if l.lock == nil {
		return nil
	}
	file, err := l.fs.Open(seg.path, fsys.ReadWrite)
	if err != nil {
		return nil
	}
	if whole && v.file > v.size {
		l.noteCut(seg, file, v)
		err = file.Truncate(v.size)
	}
	if err == nil {
		seg.alloc = seg.size
		err = file.Sync()
	}
	if err != nil || !whole {
		_ = file.Close() // what it has is not written to again
		return nil
	}
	return file
}

// noteCut puts aside what is about to be cut off, if it is more than reserved room and the mark at the end.
func (l *Log) noteCut(seg *segment, file fsys.File, v survey) {
	bad, err := readBad(file, v.size, min(v.file, v.size+maxBad))
	if err != nil || len(bad) == 0 || v.sealed {
		return
	}
	l.quarantine.keep(seg.path, file, v.size, v.file)
	l.counts.cut.Add(uint64(len(bad)))
	l.cfg.Logger.Warn("the end of the queue is not whole, as a crash in mid-write leaves it, and was cut off",
		"file", filepath.Base(seg.path), "offset", v.size, "bytes", len(bad))
}

// lost reports whether the segment had records behind the last that is intact.
func (v survey) lost() bool { return v.end != v.last }

// adopt goes on writing to the newest segment, if it has room.
func (l *Log) adopt(seg *segment, file fsys.File) bool {
	if file == nil {
		return false
	}
	limit := l.cfg.segmentSize()
	if seg.size > limit*3/4 || l.allocated()+limit-seg.alloc > l.cfg.MaxBytes {
		_ = file.Close() // it was synced
		return false
	}
	l.mu.Lock()
	seg.alloc = limit
	l.active = seg
	l.mu.Unlock()
	l.writer.attach(seg, file, seg.size)
	return true
}

// dropEmpty removes the newest segment if it has no records: the next has its name.
func (l *Log) dropEmpty(seg *segment) {
	l.mu.Lock()
	empty := seg.end == seg.base
	if empty {
		l.segments = l.segments[:len(l.segments)-1]
		seg.removed = true
	}
	l.mu.Unlock()
	if empty {
		_ = l.fs.Remove(seg.path) // else the next takes its place
	}
}

// allocated returns what all segments take.
func (l *Log) allocated() (bytes int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, seg := range l.segments {
		bytes += seg.alloc
	}
	return bytes
}

// place puts a cursor where it was, if it was in the log, or else at the end.
func (l *Log) place(c *cursor, f found) error {
	state, ok := f.cursors[c.name]
	begin := l.end
	if len(f.segments) > 0 {
		begin = f.segments[0].base
	}
	if !ok {
		state = cursorState{next: l.end}
		if f.knows(c.name) {
			l.cfg.Logger.Error("how far a sink was is lost; it gets all that the queue has", "sink", c.name)
			state.next = begin
		}
	}
	if err := l.findKept(c, state.pending); err != nil {
		return err
	}
	if ok {
		c.file.adopt(state.generation, f.slots[c.name])
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.discarded {
		state = cursorState{next: l.end}
	}
	c.rough, c.back = state.rough, backlog{}
	gone := uint64(0)
	if state.next < begin {
		gone = begin - state.next
		state.next = begin
	}
	s := surveyor{log: l, cursor: c}
	for _, p := range state.pending {
		gone += s.add(p)
	}
	s.moveTo(state.next)
	c.moveBack()
	if c.rough {
		gone = 0
	}
	if gone > 0 {
		l.cfg.Logger.Error("a part of the queue is missing", "sink", c.name, "events", gone)
	}
	c.damaged, c.recovered = gone, gone+c.unread()
	return nil
}

// knows reports whether the log may have had a cursor of that name.
func (f *found) knows(name string) bool {
	return f.unlisted || slices.Contains(f.listed, name) || f.broken[fileName(name)+cursorSuffix]
}

// findKept finds what the cursor's own files have of what it had in hand.
func (l *Log) findKept(c *cursor, pending spans) error {
	files, err := l.fs.List(l.cursorDir)
	if err != nil {
		return err
	}
	c.kept = nil
	for _, file := range files {
		if !isKeptOf(file, c.name) {
			continue
		}
		k, err := openKept(l.fs, l.cursorPath(file), pending)
		switch {
		case err != nil:
			return err
		case k == nil:
			_ = l.fs.Remove(l.cursorPath(file))
		default:
			c.kept = append(c.kept, k)
		}
	}
	return nil
}

// dropUnknown removes the cursors that nobody asked for: a sink that is no longer configured
// must not hold the log.
func (l *Log) dropUnknown(cursors []*cursor, f found) {
	if l.lock == nil {
		return
	}
	asked := func(name string) bool {
		return slices.ContainsFunc(cursors, func(c *cursor) bool { return c.name == name })
	}
	for name, state := range f.cursors {
		if events := l.end - state.next + state.pending.records(); events > 0 && !asked(name) {
			l.cfg.Logger.Warn("the queue has events for a sink that is not configured any more; it drops them",
				"sink", name, "events", events)
		}
	}
	files, _ := l.fs.List(l.cursorDir)
	for _, file := range files {
		if file != namesFile && !slices.ContainsFunc(cursors, func(c *cursor) bool { return isFileOf(file, c.name) }) {
			_ = l.fs.Remove(l.cursorPath(file)) // else another opening tries again
		}
	}
}

// surveyor finds where the records are that a cursor had in hand. Its log's mutex is held.
type surveyor struct {
	log    *Log
	cursor *cursor
	seg    *segment
	off    int64 // of a frame in seg, not behind what is looked for next
}

// add gives records back to the cursor, and returns how many of them are gone.
func (s *surveyor) add(p span) (gone uint64) {
	c := s.cursor
	for place := p.first; place < p.end; {
		if k := c.keptWith(place); k != nil {
			c.back.join(span{first: place, end: place + 1, bytes: k.frames[place].size})
			place++
			continue
		}
		seg := s.log.segmentOf(place)
		if seg == nil {
			gone++
			place++
			continue
		}
		part := span{first: place, end: min(p.end, seg.end)}
		for _, k := range c.kept {
			for kept := range k.frames {
				if part.has(kept) {
					part.end = kept
				}
			}
		}
		s.measure(seg, &part)
		c.back.add(part)
		place = part.end
	}
	return gone
}

// measure finds where records of a segment lie, and how many bytes they take. Where it
// cannot, that is found out when they are read.
func (s *surveyor) measure(seg *segment, p *span) {
	file, err := seg.reader.acquire(s.log.fs)
	if err != nil {
		return
	}
	defer seg.reader.release()
	if s.seg != seg {
		s.seg, s.off = seg, dataStart
	}
	scan := &scanner{file: file, sum: seg.sum, size: seg.size}
	for place := p.first; place < p.end; {
		at, f, ok := scan.seek(s.off, place, p.end-1)
		if !ok {
			return
		}
		if f.place == p.first {
			p.off = at
		}
		p.bytes += f.size()
		s.off, place = at+f.size(), f.place+1
	}
}

// moveTo makes place the next that the cursor fetches.
func (s *surveyor) moveTo(place uint64) {
	c := s.cursor
	c.moveTo(place)
	seg := s.log.segmentOf(place)
	if seg == nil || place == seg.base {
		return
	}
	file, err := seg.reader.acquire(s.log.fs)
	if err != nil {
		c.off = 0
		return
	}
	defer seg.reader.release()
	if s.seg != seg {
		s.seg, s.off = seg, dataStart
	}
	scan := &scanner{file: file, sum: seg.sum, size: seg.size}
	at, f, ok := scan.seek(s.off, place, seg.end-1)
	if c.off = 0; ok && f.place == place {
		c.off, c.tail = at, seg.before+at-dataStart
	}
}
