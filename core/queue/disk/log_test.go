package disk

import (
	"fmt"
	"testing"

	"github.com/headgate-dev/headgate/core/queue"
)

// record makes the i-th record, which is longer than size only if its number takes more.
func record(i, size int) []byte {
	rec := fmt.Appendf(nil, "%08d", i)
	for len(rec) < size {
		rec = append(rec, byte('a'+i%26))
	}
	return rec
}

func mustOpen(t testing.TB, cfg Config, names ...string) (*Log, []queue.Cursor) {
	t.Helper()
	l, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var cursors []queue.Cursor
	for _, name := range names {
		cursors = append(cursors, l.Cursor(name))
	}
	if err := l.Resume(); err != nil {
		t.Fatal(err)
	}
	return l, cursors
}
