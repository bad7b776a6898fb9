package disk

import (
	"context"
	"errors"
	"syscall"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/queue/disk/internal/crashfs"
)

// How a log of the model ends, and what goes wrong with its disk.

func (m *model) kill(t *rapid.T) {
	synctest.Wait()
	must, was := m.unfinished(t), m.faulty
	m.fs = m.fs.Kill()
	_ = m.log.Close()
	m.cfg.FS = m.fs
	synced := m.synced
	m.synced = 1 << 62 // only power is not lost
	m.open(t)
	m.found(t, must, func(c *modelCursor, place uint64) bool { return was && c.finished[place] })
	m.synced = synced
}

func (m *model) losePower(t *rapid.T) {
	must := m.unfinished(t)
	keep := rapid.SampledFrom([]float64{0, 0.5, 0.9}).Draw(t, "keep")
	image := m.fs.Image(keep, rapid.Uint64().Draw(t, "image"))
	m.fs.Kill()
	_ = m.log.Close()
	m.fs = image
	m.cfg.FS = image
	m.open(t)
	m.found(t, must, func(c *modelCursor, place uint64) bool { return c.finished[place] })
}

func (m *model) failingSync(t *rapid.T) {
	m.faulty = true
	left := rapid.IntRange(0, 3).Draw(t, "operations before")
	kind := rapid.SampledFrom([]crashfs.Op{crashfs.OpSync, crashfs.OpWrite, crashfs.OpSyncDir, crashfs.OpRename}).Draw(t, "operation")
	m.fs.Fault(func(op crashfs.Op, _ string) error {
		if op != kind {
			return nil
		}
		if left--; left < 0 {
			return syscall.EIO
		}
		return nil
	})
	m.append(t)
	m.recoverDisk(t, func() { m.fs.Fault(nil) })
}

func (m *model) fullDisk(t *rapid.T) {
	m.faulty, m.cramped = true, true
	m.fs.SetCapacity(m.fs.Used() + int64(rapid.IntRange(1, 20000).Draw(t, "room")))
	m.append(t)
	m.appendAll(t)
	m.recoverDisk(t, func() { m.fs.SetCapacity(0) })
}

func (m *model) readOnlyDisk(t *rapid.T) {
	m.faulty = true
	m.fs.SetReadOnly(true)
	m.append(t)
	m.recoverDisk(t, func() { m.fs.SetReadOnly(false) })
}

// recoverDisk ends a trouble with the disk: the log recovers by itself within a second.
func (m *model) recoverDisk(t *rapid.T, end func()) {
	synctest.Wait()
	m.overflow(t)
	end()
	time.Sleep(time.Second)
	rec := m.record(t)
	err := m.log.Append(context.Background(), []byte(rec))
	if err != nil && !errors.Is(err, queue.ErrFull) {
		t.Fatalf("a second after the disk recovered: %v", err)
	}
	n := 1
	if err != nil {
		n = 0
	}
	m.stored(t, []string{rec}, n, err)
	m.cramped = false
}
