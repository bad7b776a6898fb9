package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/headgate-dev/headgate/core/queue/disk/internal/fsys"
)

// Report is what there is in the directory of a log.
type Report struct {
	Dir string `json:"dir"`
	// InUse is the id of the process that uses the log. What it writes meanwhile may look torn.
	InUse    int             `json:"in_use,omitempty"`
	Segments []SegmentReport `json:"segments"`
	Cursors  []CursorReport  `json:"cursors"`
	// Problems are what is wrong, Repaired what was done about it.
	Problems []string `json:"problems,omitempty"`
	Repaired []string `json:"repaired,omitempty"`
	// Quarantined is the size of the damaged bytes that were put aside.
	Quarantined int64 `json:"quarantined"`
}

// SegmentReport is what there is in a file of records.
type SegmentReport struct {
	File string `json:"file"`
	// First is the place of its first record.
	First uint64 `json:"first"`
	// Records is the number of records that are intact, Missing of those that are not.
	Records uint64 `json:"records"`
	Missing uint64 `json:"missing"`
	Bytes   int64  `json:"bytes"`
}

// CursorReport is how far a sink is.
type CursorReport struct {
	Name string `json:"name"`
	// Next is the place of the first record that the sink was never given.
	Next uint64 `json:"next"`
	// Unread is the number of records from Next on, InHand of those before that are not finished.
	Unread uint64 `json:"unread"`
	InHand uint64 `json:"in_hand"`
}

// Check reads all that the log in a directory has. To repair is to do what opening the log does,
// and more: torn ends are cut off, headers and cursors written anew, and damaged bytes copied to
// quarantine. It fails when another process uses the log, unless it only reads.
func Check(dir string, repair bool) (Report, error) { return check(fsys.OS{}, dir, repair) }

func check(fsy fsys.FS, dir string, repair bool) (r Report, err error) {
	l, err := Open(Config{Dir: dir, FS: fsy})
	if err != nil {
		return r, err
	}
	r.Dir = l.cfg.Dir
	if _, err := fsy.List(l.segmentDir); err != nil {
		return r, fmt.Errorf("disk queue %s: %w", r.Dir, err)
	}
	var locked *fsys.LockedError
	switch lock, err := fsy.Lock(filepath.Join(l.cfg.Dir, lockFile)); {
	case err == nil:
		l.lock = lock
		defer func() { _ = l.unlock() }()
	case repair:
		return r, fmt.Errorf("disk queue %s: %w; end it, then repair", r.Dir, err)
	case errors.As(err, &locked):
		r.InUse = locked.PID
	}
	if err := l.examine(&r, repair); err != nil {
		return r, fmt.Errorf("disk queue %s: %w", r.Dir, err)
	}
	if repair && len(r.Problems) > 0 {
		err = l.mend(&r)
	}
	r.Quarantined = l.quarantine.size()
	return r, err
}

func (r *Report) problem(format string, args ...any) {
	r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
}

func (r *Report) repaired(format string, args ...any) {
	r.Repaired = append(r.Repaired, fmt.Sprintf(format, args...))
}

// examine fills in the report. With mend it also writes headers anew and fills the quarantine.
func (l *Log) examine(r *Report, mend bool) error {
	segments, lostHeads, err := l.listSegments()
	if err != nil {
		return err
	}
	for _, seg := range lostHeads {
		r.problem("%s: both copies of its header are damaged", filepath.Base(seg.path))
		if !saltFrom(segments, seg) {
			segments = slices.DeleteFunc(segments, func(s *segment) bool { return s == seg })
		}
	}
	for i, seg := range segments {
		if i+1 < len(segments) {
			seg.boundBy(segments[i+1])
		}
		if err := l.examineSegment(r, seg, i+1 == len(segments), mend); err != nil {
			return err
		}
	}
	end, begin := uint64(0), uint64(0)
	if n := len(segments); n > 0 {
		begin, end = segments[0].base, segments[n-1].end
	}
	return l.examineCursors(r, begin, end)
}

// examineSegment looks at every frame of a segment.
func (l *Log) examineSegment(r *Report, seg *segment, newest, mend bool) error {
	file, err := seg.reader.acquire(l.fs)
	if err != nil {
		return err
	}
	defer seg.reader.release()
	name := filepath.Base(seg.path)
	if copies := intactHeaders(file); copies == 1 {
		r.problem("%s: one of the two copies of its header is damaged", name)
		if mend {
			if err := l.rewriteHeader(seg); err != nil {
				return err
			}
			r.repaired("%s: wrote its header anew", name)
		}
	}
	v := survey{}
	if newest {
		if v, err = l.survey(seg); err != nil {
			return err
		}
		seg.end = v.end
		if seg.size = v.size; v.lost() {
			seg.size = v.file
		}
	}
	report := SegmentReport{File: name, First: seg.base, Bytes: seg.size}
	scan := &scanner{file: file, sum: seg.sum, size: seg.size}
	off := int64(dataStart)
	for place := seg.base; place < seg.end; place++ {
		at, f, ok := scan.seek(off, place, seg.end-1)
		d := damage{off: off, upTo: seg.size, first: place, end: seg.end}
		if ok {
			d.upTo, d.end = at, f.place
		}
		if d.end > place {
			r.problem("%s: %d records from %d on are missing, in %d bytes at %d", name, d.end-place, place, d.upTo-d.off, d.off)
			report.Missing += d.end - place
			if mend {
				l.quarantine.keep(seg.path, file, d.off, d.upTo)
			}
		}
		if !ok {
			break
		}
		report.Records++
		off, place = at+f.size(), f.place
	}
	r.Segments = append(r.Segments, report)
	if torn, _ := readBad(file, v.size, min(v.file, v.size+maxBad)); newest && !v.sealed && len(torn) > 0 {
		r.problem("%s: %d bytes behind its last record are not a record", name, len(torn))
	}
	return scan.err
}

// examineCursors looks at the places of the sinks.
func (l *Log) examineCursors(r *Report, begin, end uint64) error {
	var f found
	if err := l.findCursors(&f); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(f.cursors)) {
		state := f.cursors[name]
		c := CursorReport{Name: name, Next: state.next, InHand: state.pending.records()}
		switch {
		case state.next > end:
			r.problem("cursor %s: its place %d is behind the end of the log, %d", name, state.next, end)
		case state.next < begin:
			r.problem("cursor %s: %d records that it has not had are gone", name, begin-state.next)
			c.Unread = end - begin
		default:
			c.Unread = end - state.next
		}
		r.Cursors = append(r.Cursors, c)
	}
	for _, file := range slices.Sorted(maps.Keys(f.broken)) {
		r.problem("%s: no state in it is intact; its sink gets all that the log has", file)
	}
	switch listed, err := readNames(l.fs, l.cursorDir); {
	case errors.Is(err, errNames):
		r.problem("%s: the list of sinks is damaged; sinks without a place get all that the log has", namesFile)
	case err != nil:
		return err
	default:
		for _, name := range listed {
			if _, ok := f.cursors[name]; !ok && !f.broken[fileName(name)+cursorSuffix] {
				r.problem("cursor %s: its file is missing; its sink gets all that the log has", name)
			}
		}
	}
	return nil
}

// mend opens the log with every sink that it knows, which repairs it, and closes it again.
func (l *Log) mend(r *Report) error {
	if err := l.unlock(); err != nil {
		return err
	}
	var f found
	if err := l.findCursors(&f); err != nil {
		return err
	}
	names := slices.Collect(maps.Keys(f.cursors))
	listed, _ := readNames(l.fs, l.cursorDir)
	names = append(names, listed...)
	for file := range f.broken {
		if name, ok := cursorName(file); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	again, err := Open(Config{Dir: l.cfg.Dir, FS: l.fs, MaxBytes: maxRecord})
	if err != nil {
		return err
	}
	for _, name := range slices.Compact(names) {
		again.Cursor(name)
	}
	if err := again.Resume(); err != nil {
		return err
	}
	if err := again.Close(); err != nil {
		return err
	}
	r.repaired("opened and closed the log: what was torn is cut off, the places of %d sinks are written anew", len(slices.Compact(names)))
	return nil
}

// cursorName is the opposite of fileName, where it has one.
func cursorName(file string) (name string, ok bool) {
	file, ok = strings.CutSuffix(file, cursorSuffix)
	var b strings.Builder
	for i := 0; i < len(file) && ok; i++ {
		if file[i] != '%' {
			b.WriteByte(file[i])
			continue
		}
		c, err := strconv.ParseUint(file[i+1:min(i+3, len(file))], 16, 8)
		ok = err == nil
		b.WriteByte(byte(c))
		i += 2
	}
	return b.String(), ok && fileName(b.String()) == file
}

// rewriteHeader writes both copies of a header.
func (l *Log) rewriteHeader(seg *segment) error {
	f, err := l.fs.Open(seg.path, fsys.ReadWrite)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(seg.header.encode(), 0)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// size returns how many bytes are in quarantine.
func (q *quarantine) size() (bytes int64) {
	names, err := q.fs.List(q.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return 0
	}
	for _, name := range names {
		if f, err := q.fs.Open(filepath.Join(q.dir, name), fsys.Read); err == nil {
			size, _ := f.Size()
			bytes += size
			_ = f.Close()
		}
	}
	return bytes
}
