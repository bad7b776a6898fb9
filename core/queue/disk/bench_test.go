package disk

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core/queue/disk/internal/fsys"
)

// eventSize is that of a sealed event with eight properties.
const eventSize = 412

// BenchmarkDurableAppend measures acknowledged events with a cursor that takes them; floor
// is what the same groups cost as a write and a sync of ready bytes each.
func BenchmarkDurableAppend(b *testing.B) {
	for _, load := range []struct{ producers, batch int }{{1, 1}, {64, 1}, {4, 100}} {
		b.Run(fmt.Sprintf("producers=%d/batch=%d", load.producers, load.batch), func(b *testing.B) {
			groups := &groupFS{}
			log, cursors := mustOpen(b, Config{Dir: b.TempDir(), FS: groups}, "sink")
			stop, reading := make(chan struct{}), sync.WaitGroup{}
			reading.Go(func() {
				for {
					select {
					case <-stop:
						return
					case <-cursors[0].Ready():
					}
					for run, _ := cursors[0].Fetch(500, 1<<20, true); run.Len() > 0; run, _ = cursors[0].Fetch(500, 1<<20, true) {
						run.Done()
					}
					cursors[0].Want(1, 1)
				}
			})
			cursors[0].Want(1, 1)
			recs := make([][]byte, load.batch)
			for i := range recs {
				recs[i] = record(i, eventSize)
			}
			var took, floor time.Duration
			b.ReportAllocs()
			b.ResetTimer()
			// In slices, so that both meet the same neighbours on the machine.
			for left := b.N; left > 0; {
				slice := min(left, max(b.N/20, 20*load.producers*load.batch))
				left -= slice
				start := time.Now()
				produce(b, load.producers, slice, func() int {
					n, err := log.AppendAll(context.Background(), recs)
					if err != nil {
						b.Error(err)
					}
					return n
				})
				took += time.Since(start)
				b.StopTimer()
				floor += groups.replay(b)
				b.StartTimer()
			}
			b.StopTimer()
			close(stop)
			reading.Wait()
			if err := log.Close(); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(b.N)/took.Seconds(), "events/s")
			b.ReportMetric(floor.Seconds()/took.Seconds(), "of-floor")
			b.ReportMetric(float64(b.N)/float64(groups.count), "events/group")
		})
	}
}

// BenchmarkAppend measures what an event costs where its sync is not waited for.
func BenchmarkAppend(b *testing.B) {
	for _, batch := range []int{1, 100} {
		b.Run(fmt.Sprintf("batch=%d", batch), func(b *testing.B) {
			log, _ := mustOpen(b, Config{Dir: b.TempDir(), Sync: SyncInterval})
			recs := make([][]byte, batch)
			for i := range recs {
				recs[i] = record(i, eventSize)
			}
			b.ReportAllocs()
			b.SetBytes(eventSize)
			b.ResetTimer()
			for n := 0; n < b.N; n += batch {
				mustAppend(b, log, recs...)
			}
			b.StopTimer()
			mustClose(b, log)
		})
	}
}

// BenchmarkFetch measures what an event costs its sink to fetch, and to be done with.
func BenchmarkFetch(b *testing.B) {
	log, cursors := mustOpen(b, Config{Dir: b.TempDir(), Sync: SyncInterval}, "sink")
	recs := make([][]byte, 100)
	for i := range recs {
		recs[i] = record(i, eventSize)
	}
	b.ReportAllocs()
	b.SetBytes(eventSize)
	b.ResetTimer()
	for left := b.N; left > 0; {
		b.StopTimer()
		for range 1000 {
			mustAppend(b, log, recs...)
		}
		b.StartTimer()
		for run, _ := cursors[0].Fetch(500, 1<<20, true); run.Len() > 0; run, _ = cursors[0].Fetch(500, 1<<20, true) {
			left -= run.Len()
			run.Done()
		}
	}
	b.StopTimer()
	mustClose(b, log)
}

// produce calls f from so many goroutines until it has appended n events.
func produce(b *testing.B, producers, n int, f func() int) {
	var left atomic.Int64
	left.Store(int64(n))
	var wg sync.WaitGroup
	for range producers {
		wg.Go(func() {
			for left.Load() > 0 {
				left.Add(-int64(f()))
			}
		})
	}
	wg.Wait()
}

// groupFS notes how large the groups are that are written to segments.
type groupFS struct {
	fsys.OS
	mu    sync.Mutex
	sizes []int
	count int

	floor fsys.File // that they are replayed to
	off   int64
}

type groupFile struct {
	fsys.File
	fs *groupFS
}

func (g *groupFS) Open(name string, access fsys.Access) (fsys.File, error) {
	f, err := g.OS.Open(name, access)
	if err != nil || access == fsys.Read || filepath.Ext(name) != segmentSuffix {
		return f, err
	}
	return groupFile{f, g}, nil
}

func (f groupFile) WriteAt(b []byte, off int64) (int, error) {
	f.fs.mu.Lock()
	f.fs.sizes = append(f.fs.sizes, len(b))
	f.fs.mu.Unlock()
	return f.File.WriteAt(b, off)
}

// replay writes and syncs ready bytes in the groups that were noted since it was last called, to
// files of the same size.
func (g *groupFS) replay(b *testing.B) time.Duration {
	g.mu.Lock()
	sizes := g.sizes
	g.sizes = nil
	g.count += len(sizes)
	g.mu.Unlock()
	start := time.Now()
	for _, size := range sizes {
		var err error
		if g.floor == nil || g.off+int64(size) > maxSegment {
			if g.floor != nil {
				_ = g.floor.Close()
			}
			if g.floor, err = g.OS.Create(filepath.Join(b.TempDir(), "floor")); err == nil {
				err = g.floor.Reserve(maxSegment)
			}
			g.off = 0
		}
		if err == nil {
			_, err = g.floor.WriteAt(zeros[:size], g.off)
		}
		if err == nil {
			err = g.floor.Sync()
		}
		if err != nil {
			b.Fatal(err)
		}
		g.off += int64(size)
	}
	return time.Since(start)
}

var zeros = make([]byte, 2*maxGroupBytes)
