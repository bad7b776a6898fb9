package disk

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"log/slog"
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

var discard = slog.New(slog.DiscardHandler)

// reseal makes the checksum of a header right again.
func reseal(b []byte) {
	binary.LittleEndian.PutUint32(b[headerSize-4:], crc32.Checksum(b[:headerSize-4], castagnoli))
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
