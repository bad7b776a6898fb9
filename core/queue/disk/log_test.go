package disk

import (
	"testing"

	"github.com/headgate-dev/headgate/core/queue"
)

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

