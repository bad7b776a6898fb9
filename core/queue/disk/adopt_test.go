package disk

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/headgate-dev/headgate/core/queue/disk/internal/crashfs"
)

const (
	adopted      = 2500 // records
	adoptedBound = 512 << 10
)

// killedInTheMiddle returns the disk of a process that was killed: its sink has many records in hand whose files are
// gone, as the state on stable storage tells, and has finished more since, which only the operating system knows.
func killedInTheMiddle(t *testing.T, seed uint64) (fs *crashfs.FS, held []uint64, next uint64) {
	fs = crashfs.New(seed)
	l, cursors := mustOpen(t, Config{Dir: "/queue", FS: fs, MaxBytes: adoptedBound}, "sink")
	c := cursors[0]
	for i := range adopted {
		mustAppend(t, l, record(i, 100))
	}
	take := func(n int) {
		run, _ := c.Fetch(n, 1<<20, true)
		for place := run.First; run.Len() > 0; place++ {
			if rec := run.Next(); place%5 == 0 && place < 2000 {
				c.Hold(place, rec)
				held = append(held, place)
			}
		}
		run.Done()
	}
	for range 22 {
		take(100)
	}
	time.Sleep(3 * syncEvery) // the state is on stable storage, and the first files are removed
	synctest.Wait()
	for range 2 + int(seed%5) {
		take(10)
	}
	next = positionOf(l, c).Next
	killed := fs.Kill()
	_ = l.Close()
	return killed, held, next
}

func TestLosingPowerAsTheLogOfAKilledProcessIsOpenedLosesNothing(t *testing.T) {
	seeds := 1
	if n, err := strconv.Atoi(os.Getenv(modelRounds)); err == nil {
		seeds *= n
	}
	stride := 1
	if testing.Short() || raceEnabled {
		stride = 4
	}
	for seed := range uint64(seeds) {
		for ops := 0; ops < 40; ops += stride {
			synctest.Test(t, func(t *testing.T) {
				fs, held, next := killedInTheMiddle(t, seed)
				fs.KillAfter(ops)
				l, err := Open(Config{Dir: "/queue", FS: fs, MaxBytes: adoptedBound})
				if err != nil {
					t.Fatal(err)
				}
				l.Cursor("sink")
				_ = l.Resume() // the machine stops before it knows
				image := fs.Image(0.5, seed*1000+uint64(ops))
				fs.Kill()
				_ = l.Close()
				l, cursors := mustOpen(t, Config{Dir: "/queue", FS: image, MaxBytes: adoptedBound}, "sink")
				got := drain(t, l, cursors[0])
				if missing := missingFrom(got.places, held, next); len(missing) > 0 || got.at.Damaged > 0 {
					t.Fatalf("seed %d, after %d operations: lost %v; %+v", seed, ops, missing, got.at)
				}
				mustClose(t, l)
			})
		}
	}
}

func TestWhatIsFoundOfAPlaceIsSyncedBeforeItIsWrittenOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fs, _, _ := killedInTheMiddle(t, 1)
		var mu sync.Mutex
		var ops []crashfs.Op
		fs.Fault(func(op crashfs.Op, name string) error {
			mu.Lock()
			defer mu.Unlock()
			if strings.HasSuffix(name, cursorSuffix) && (op == crashfs.OpSync || op == crashfs.OpWrite) {
				ops = append(ops, op)
			}
			return nil
		})
		l, cursors := mustOpen(t, Config{Dir: "/queue", FS: fs, MaxBytes: adoptedBound}, "sink")
		drain(t, l, cursors[0])
		mustClose(t, l)
		if len(ops) < 3 || ops[0] != crashfs.OpSync || ops[1] != crashfs.OpWrite {
			t.Errorf("the place was written over before what was found was synced: %v", ops)
		}
	})
}

// missingFrom returns what is not among the places of what was held, and of what was not fetched.
func missingFrom(places, held []uint64, next uint64) (missing []uint64) {
	want := slices.Clone(held)
	for place := next; place < adopted; place++ {
		want = append(want, place)
	}
	for _, place := range want {
		if _, there := slices.BinarySearch(places, place); !there {
			missing = append(missing, place)
		}
	}
	return missing
}
