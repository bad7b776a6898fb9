package jetstream

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// benchRecord is as large as a usual event.
func benchRecord() []byte { return append(record(0), make([]byte, 420-len(record(0)))...) }

// benchServer is a process, which syncs every message before it acknowledges it.
func benchLog(b *testing.B) *tally {
	c := startCluster(b, 1)
	c.await(newAdmin(b, c.url()))
	r := started(b, Config{URL: core.NewSecret(c.url()), MaxBytes: 4 << 30}, "a")
	r.append(b, 0, 1)
	r.read(b, 1)
	return r
}

// BenchmarkAppending has many callers append one record each, as requests with one event do.
func BenchmarkAppending(b *testing.B) {
	r, rec := benchLog(b), benchRecord()
	b.SetParallelism(64)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := r.log.Append(context.Background(), rec); err != nil {
				b.Error(err)
				return
			}
		}
	})
	perSecond(b, b.N)
}

// BenchmarkAppendingGroups has a few callers append a hundred records each.
func BenchmarkAppendingGroups(b *testing.B) {
	r := benchLog(b)
	group := make([][]byte, 100)
	for i := range group {
		group[i] = benchRecord()
	}
	b.SetParallelism(4)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := r.log.AppendAll(context.Background(), group); err != nil {
				b.Error(err)
				return
			}
		}
	})
	perSecond(b, b.N*len(group))
}

// BenchmarkReading reads what is there, in messages of a hundred records.
func BenchmarkReading(b *testing.B) {
	r := benchLog(b)
	group := make([][]byte, 100)
	for i := range group {
		group[i] = benchRecord()
	}
	for range b.N {
		if _, err := r.log.AppendAll(context.Background(), group); err != nil {
			b.Fatal(err)
		}
	}
	var left atomic.Int64
	left.Store(int64(b.N * len(group)))
	b.ResetTimer()
	for left.Load() > 0 {
		run := r.await(b, 500)
		left.Add(-int64(run.Len()))
		run.Done()
	}
	perSecond(b, b.N*len(group))
}

func perSecond(b *testing.B, records int) {
	b.ReportMetric(float64(records)/max(b.Elapsed(), time.Nanosecond).Seconds(), "records/s")
	b.ReportMetric(0, "ns/op")
}
