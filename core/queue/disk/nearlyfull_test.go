package disk

import (
	"testing"

	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/queue/disk/internal/crashfs"
)

// What is left of a disk is filled with a few files: one for each record takes many times the room, and
// the time.
func TestADiskThatIsNearlyFullIsFilledWithFewFiles(t *testing.T) {
	cfg := inMemory(queue.DropNewest)
	cfg.MaxBytes = 64 << 20 // whose segments are larger than the disk
	fs := cfg.FS.(*crashfs.FS)
	l, _ := mustOpen(t, cfg, "a")
	const room = 700 << 10
	fs.SetCapacity(fs.Used() + room)
	taken := int64(0)
	for i := 0; l.Append(t.Context(), record(i, 1000)) == nil; i++ {
		taken += 1000
	}
	files, err := fs.List(l.segmentDir)
	if err != nil {
		t.Fatal(err)
	}
	if taken < room*9/10 || len(files) > 16 {
		t.Errorf("%d of %d bytes were taken, in %d files", taken, room, len(files))
	}
	mustClose(t, l)
}
