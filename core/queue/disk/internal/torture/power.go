package torture

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/queue/disk"
	"github.com/headgate-dev/headgate/core/queue/disk/internal/crashfs"
)

// Power cuts the power of a machine in memory at random moments of a log's work, and opens the log on
// what is left.
type Power struct {
	Images int
	Seed   uint64
	// FailSync makes one sync in so many fail, the system forgetting what it should have written.
	FailSync int
	// Progress is called after each image.
	Progress func(Tally)
}

const (
	imagesPerMachine = 8
	recordsPerRun    = 1500
)

// machine is one that will lose power: its log, and what was acknowledged and delivered.
type machine struct {
	fs  *crashfs.FS
	cfg disk.Config

	mu        sync.Mutex
	acked     []uint64
	delivered [sinks][]uint64
	refused   int
	failed    atomic.Int64
}

// image is what was left of a machine.
type image struct {
	fs        *crashfs.FS
	acked     int // of the machine's, before the power was lost
	delivered [sinks]int
}

// Run returns what was counted over all images.
func (p Power) Run() (tally Tally, err error) {
	for seed := p.Seed; tally.Images < p.Images; seed++ {
		m := newMachine(seed, p.FailSync)
		images, err := m.run(seed)
		if err != nil {
			return tally, fmt.Errorf("seed %d: %w", seed, err)
		}
		tally.Add(Tally{
			Acked: len(m.acked), Refused: m.refused, FailedSyncs: int(m.failed.Load()), SyncedAgain: len(m.fs.SyncedAgain()),
		})
		for i, im := range images {
			t, err := m.examine(im, seed<<8+uint64(i))
			if err != nil {
				return tally, fmt.Errorf("seed %d, image %d: %w", seed, i, err)
			}
			tally.Add(t)
			if p.Progress != nil {
				p.Progress(tally)
			}
		}
	}
	return tally, nil
}

func newMachine(seed uint64, failSync int) *machine {
	m := &machine{fs: crashfs.New(seed)}
	m.cfg = disk.Config{Dir: "/queue", MaxBytes: 256 << 10, OnFull: queue.Block, FS: m.fs}
	if failSync > 0 {
		var mu sync.Mutex
		rng := rand.New(rand.NewPCG(seed, 3))
		m.fs.Fault(func(op crashfs.Op, name string) error {
			mu.Lock()
			defer mu.Unlock()
			if op == crashfs.OpSync && strings.HasSuffix(name, ".log") && rng.IntN(failSync) == 0 {
				m.failed.Add(1)
				return syscall.EIO
			}
			return nil
		})
	}
	return m
}

// open opens the log of a machine, or of what is left of it.
func open(cfg disk.Config) (*disk.Log, []queue.Cursor, error) {
	log, err := disk.Open(cfg)
	if err != nil {
		return nil, nil, err
	}
	cursors := make([]queue.Cursor, sinks)
	for i := range cursors {
		cursors[i] = log.Cursor(fmt.Sprint("sink", i))
	}
	return log, cursors, log.Resume()
}

// run works until all is appended and delivered, and takes images meanwhile.
func (m *machine) run(seed uint64) (images []image, err error) {
	log, cursors, err := open(m.cfg)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	var appending, delivering sync.WaitGroup
	for p := range producers {
		appending.Go(func() { m.produce(log, p, seed) })
	}
	for i, c := range cursors {
		delivering.Go(func() { m.deliver(ctx, c, i) })
	}
	rng := rand.New(rand.NewPCG(seed, 4))
	for len(images) < imagesPerMachine {
		time.Sleep(time.Duration(rng.IntN(3000)) * time.Microsecond)
		images = append(images, m.losePower([]float64{0, 0.5, 0.9}[rng.IntN(3)], rng.Uint64()))
	}
	appending.Wait()
	images = append(images, m.losePower(0, rng.Uint64()))
	cancel()
	delivering.Wait()
	m.fs.Fault(nil)
	return images, log.Close()
}

// losePower takes an image. What is acknowledged by then has to be in it, unless it is delivered
// when it is taken.
func (m *machine) losePower(keep float64, seed uint64) (im image) {
	m.mu.Lock()
	im.acked = len(m.acked)
	m.mu.Unlock()
	im.fs = m.fs.Image(keep, seed)
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range sinks {
		im.delivered[i] = len(m.delivered[i])
	}
	return im
}

func (m *machine) produce(log *disk.Log, p int, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, uint64(10+p)))
	for next := uint64(0); next < recordsPerRun/producers; {
		n := 1 + rng.IntN(20)*rng.IntN(2)
		ids, recs := make([]uint64, n), make([][]byte, n)
		for i := range recs {
			ids[i] = uint64(p)<<32 | next
			recs[i] = recordOf(ids[i])
			next++
		}
		stored, err := log.AppendAll(context.Background(), recs)
		m.mu.Lock()
		m.acked = append(m.acked, ids[:stored]...)
		m.refused += n - stored
		m.mu.Unlock()
		if err != nil {
			time.Sleep(25 * time.Millisecond) // the log rests after a failure
		}
	}
}

// deliver notes what it gets before it says so.
func (m *machine) deliver(ctx context.Context, c queue.Cursor, i int) {
	for {
		run, _ := c.Fetch([]int{100, 20, 50}[i], 16<<10, true)
		if run.Len() == 0 {
			c.Want(1, 1)
			select {
			case <-c.Ready():
				continue
			case <-ctx.Done():
				return
			}
		}
		if i == 1 {
			time.Sleep(200 * time.Microsecond)
		}
		m.mu.Lock()
		for rec := run.Next(); rec != nil; rec = run.Next() {
			id, _ := idOf(rec)
			m.delivered[i] = append(m.delivered[i], id)
		}
		m.mu.Unlock()
		run.Done()
	}
}

// examine opens the log on an image, sometimes after power was lost again while it was being opened,
// and compares what its cursors find.
func (m *machine) examine(im image, seed uint64) (t Tally, err error) {
	t.Images = 1
	rng := rand.New(rand.NewPCG(seed, 5))
	cfg := m.cfg
	cfg.FS = im.fs
	if rng.IntN(4) == 0 {
		im.fs.KillAfter(rng.IntN(60))
		if log, _, err := open(cfg); err == nil {
			_ = log.Close() // of a process that has ended
		}
		im.fs.Kill()
		im.fs = im.fs.Image(0, seed)
		cfg.FS = im.fs
	}
	start := time.Now()
	log, cursors, err := open(cfg)
	t.SlowestOpen = time.Since(start).Seconds()
	if err != nil {
		return t, fmt.Errorf("it cannot be opened: %w", err)
	}
	appended := make([]bool, producers*recordsPerRun)
	row := func(id uint64) *bool { return &appended[int(id>>32)*recordsPerRun+int(id&0xffffffff)] }
	for i, c := range cursors {
		got := map[uint64]bool{}
		for run, _ := c.Fetch(1000, 1<<20, true); run.Len() > 0; run, _ = c.Fetch(1000, 1<<20, true) {
			for rec := run.Next(); rec != nil; rec = run.Next() {
				id, ok := idOf(rec)
				if !ok {
					t.Corrupt++
					continue
				}
				if got[id] {
					t.Duplicates++
				}
				got[id] = true
			}
		}
		clear(appended)
		for _, id := range m.delivered[i][:im.delivered[i]] {
			*row(id) = true
			if got[id] {
				t.Duplicates++
			}
		}
		for _, id := range m.acked[:im.acked] {
			if !got[id] && !*row(id) {
				t.Lost++
			}
		}
	}
	at := make([]queue.Position, sinks)
	log.Snapshot(cursors, at)
	for _, p := range at {
		t.Damaged += int(p.Damaged)
	}
	if err := goOn(log, cursors); err != nil {
		return t, err
	}
	return t, log.Close()
}

// goOn sees whether the log works.
func goOn(log *disk.Log, cursors []queue.Cursor) error {
	for i := range 3 {
		rec := recordOf(1<<60 + uint64(i))
		if err := log.Append(context.Background(), rec); err != nil {
			return fmt.Errorf("it cannot be appended to: %w", err)
		}
		run, _ := cursors[0].Fetch(1, 1<<20, true)
		if got := run.Next(); string(got) != string(rec) {
			return fmt.Errorf("what was appended then is not what is fetched")
		}
		run.Done()
	}
	return nil
}
