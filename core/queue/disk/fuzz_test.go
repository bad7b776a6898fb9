package disk

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/headgate-dev/headgate/core/queue/disk/internal/crashfs"
)

// FuzzSegment opens a log whose only segment is any bytes.
func FuzzSegment(f *testing.F) {
	for _, closed := range []bool{true, false} {
		fs, _ := logOf(f, 8, 30, 1<<20, closed)
		whole := bytes.TrimRight(fs.Data(segmentFiles(f, fs)[0]), "\x00")
		f.Add(whole)
		f.Add(whole[:len(whole)-7])
		f.Add(append(bytes.Clone(whole), make([]byte, 100)...))
		f.Add(append(bytes.Clone(whole), whole[dataStart:]...))
		flipped := bytes.Clone(whole)
		flipped[dataStart+60] ^= 8
		f.Add(flipped)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		fs := crashfs.New(1)
		for _, dir := range []string{"/queue/log", "/queue/cursors"} {
			if err := fs.MakeDir(dir); err != nil {
				t.Fatal(err)
			}
		}
		fs.SetData(filepath.Join("/queue/log", segmentName(0)), data)
		cfg := Config{Dir: "/queue", FS: fs, MaxBytes: 1 << 20}
		l, err := Open(cfg)
		if err != nil {
			t.Fatal(err)
		}
		c := l.Cursor("a")
		if err := l.Resume(); err != nil {
			return // of a later version
		}
		got := drain(t, l, c)
		if got.at.Recovered != uint64(len(got.recs))+got.at.Damaged || got.at.Unread != 0 {
			t.Fatalf("found %d, %+v", len(got.recs), got.at)
		}
		for i, rec := range got.recs {
			if !bytes.Contains(data, []byte(rec)) || i > 0 && got.places[i] <= got.places[i-1] {
				t.Fatalf("at %d is %q", got.places[i], rec)
			}
		}
		mustAppend(t, l, []byte("new"))
		if got := drain(t, l, c); len(got.recs) != 1 || got.recs[0] != "new" {
			t.Fatalf("then found %q", got.recs)
		}
		if _, err := check(fs, "/queue", false); err != nil {
			t.Fatal(err)
		}
		mustClose(t, l)
	})
}

// FuzzCursor opens a log with a cursor whose file is any bytes.
func FuzzCursor(f *testing.F) {
	file := func(s ...cursorState) []byte {
		b := make([]byte, slots*slotSize)
		for i, state := range s {
			copy(b[i*slotSize:], appendState(nil, "a", state, slotSize))
		}
		return b
	}
	f.Add([]byte{})
	f.Add(file(cursorState{generation: 1, next: 3}))
	f.Add(file(cursorState{generation: 1, next: 3}, cursorState{generation: 2, next: 7, pending: spans{{first: 1, end: 3}, {first: 5, end: 6}}}))
	f.Add(file(cursorState{generation: 1, next: 1 << 40}, cursorState{next: 4}, cursorState{generation: 3, next: 8, rough: true}))
	f.Add(file(cursorState{generation: 9, next: 2})[:50])
	f.Fuzz(func(t *testing.T, data []byte) {
		fs := crashfs.New(1)
		cfg := Config{Dir: "/queue", FS: fs, MaxBytes: 64 << 10}
		l, _ := mustOpen(t, cfg, "a")
		for i := range 8 {
			mustAppend(t, l, record(i, 20))
		}
		cfg.FS = fs.Kill()
		_ = l.Close()
		cfg.FS.(*crashfs.FS).SetData("/queue/cursors/a.cursor", data)
		_, state, _, stateErr := parseSlots(data)
		l, cursors := mustOpen(t, cfg, "a")
		got := drain(t, l, cursors[0])
		if got.at.Recovered != uint64(len(got.recs))+got.at.Damaged || got.at.Unread != 0 {
			t.Fatalf("found %d, %+v", len(got.recs), got.at)
		}
		if stateErr != nil && len(got.recs) != 8 {
			t.Fatalf("the place is lost, and only %d records come", len(got.recs))
		}
		for place := state.next; stateErr == nil && place < 8; place++ {
			if i := len(got.places) - int(8-place); i < 0 || got.places[i] != place {
				t.Fatalf("from %d on, got %v", state.next, got.places)
			}
		}
		mustAppend(t, l, []byte("new"))
		if got := drain(t, l, cursors[0]); len(got.recs) != 1 {
			t.Fatalf("then found %q", got.recs)
		}
		mustClose(t, l)
	})
}

// FuzzNames reads any bytes as the list of cursors.
func FuzzNames(f *testing.F) {
	f.Add([]byte(`{"names":["a","b"],"crc":0}`))
	f.Add([]byte(`{"names":null,"crc":0}`))
	f.Add([]byte("{"))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := parseNames(data)
		if err != nil {
			return
		}
		fs := crashfs.New(1)
		if err := fs.MakeDir("/"); err != nil {
			t.Fatal(err)
		}
		if err := writeNames(fs, "/", list); err != nil {
			t.Fatal(err)
		}
		if again, err := readNames(fs, "/"); err != nil || len(again) != len(list) {
			t.Fatalf("wrote %q, read %q: %v", list, again, err)
		}
	})
}
