package meter

import (
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"
)

func TestAQuantileIsOffByLittle(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var h Histogram
	var all []time.Duration
	for range 20_000 {
		d := time.Duration(r.ExpFloat64() * float64(r.IntN(1_000_000)+1))
		h.Add(d)
		all = append(all, d)
	}
	slices.Sort(all)
	for _, q := range []float64{0.01, 0.5, 0.9, 0.99, 0.999} {
		want, got := all[int(q*float64(len(all)))-1], h.Quantile(q)
		if off := float64(got-want) / float64(want); off < 0 || off > 1.0/32 {
			t.Errorf("quantile %v is %d, want %d", q, got, want)
		}
	}
	if h.Max() != all[len(all)-1] || h.Quantile(1) != h.Max() {
		t.Errorf("the largest is %d and %d, want %d", h.Max(), h.Quantile(1), all[len(all)-1])
	}
}

func TestMergedHistogramsCountEverything(t *testing.T) {
	var a, b Histogram
	for i := range 100 {
		a.Add(time.Duration(i))
		b.Add(time.Duration(1000 + i))
	}
	a.Merge(&b)
	if got := a.Quantile(0.5); got != 99 && got != 98 {
		t.Errorf("the median is %d", got)
	}
	if a.Max() != 1099 {
		t.Errorf("the largest is %d", a.Max())
	}
}

func TestEveryDurationIsInItsBucket(t *testing.T) {
	for _, d := range []time.Duration{0, 1, 63, 64, 65, 127, 128, 1_000, 1_023, 1_024, 123_456_789, time.Hour, 1 << 62} {
		b := bucket(d)
		if upper(b) < d || b > 0 && upper(b-1) >= d {
			t.Errorf("%d is in the bucket from %d to %d", d, upper(b-1), upper(b))
		}
	}
}

// Work is seen by both ways to read processor time, and by that of the machine.
func TestProcessorTimeIsSeen(t *testing.T) {
	own, before := CPU(), must(CPUOf(os.Getpid()))(t)
	busy := must(Busy())(t)
	for x := 1; CPU()-own < 60*time.Millisecond; x++ {
		_ = x * x
	}
	if took := must(CPUOf(os.Getpid()))(t) - before; took < 30*time.Millisecond {
		t.Errorf("/proc saw %v of 60 ms", took)
	}
	if took := must(Busy())(t) - busy; took < 30*time.Millisecond {
		t.Errorf("the machine saw %v of 60 ms", took)
	}
}

func TestPeakMemoryIsSeen(t *testing.T) {
	before := must(PeakMemory(0))(t)
	block := make([]byte, 64<<20)
	for i := 0; i < len(block); i += 4096 {
		block[i] = 1
	}
	if grew := must(PeakMemory(os.Getpid()))(t) - before; grew < 32<<20 {
		t.Errorf("64 MiB more are %d bytes", grew)
	}
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
