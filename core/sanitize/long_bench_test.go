package sanitize

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"testing"
	"time"
)

// unbounded cleans a text whatever it takes, and returns the steps.
func unbounded(e *Encoder, buf []byte, text string, k keyInfo) ([]byte, int) {
	e.begin(nil)
	e.allot(len(text))
	e.copies.begin()
	e.left = plenty
	buf = e.cleaned(buf[:0], text, k, place{})
	steps := plenty - e.left
	e.left = plenty
	return buf, steps
}

// benchmarkTexts reports what texts take within their budget, and how many steps they would take without one.
func benchmarkTexts(b *testing.B, texts map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		text := texts[name]
		b.Run(name, func(b *testing.B) {
			e := newSanitizer(b, Options{}).Encoder()
			buf := make([]byte, 0, 8*maxString)
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			taken := 0
			best := time.Duration(1 << 62)
			for b.Loop() {
				start := threadTime()
				buf, _, taken = costOf(e, buf, text, keyInfo{})
				best = min(best, threadTime()-start)
			}
			_, needed := unbounded(e, buf, text, keyInfo{})
			b.ReportMetric(float64(len(text))/1e6/best.Seconds(), "cpu-MB/s")
			b.ReportMetric(float64(needed)/float64(len(text)), "steps/B")
			b.ReportMetric(float64(best.Nanoseconds())/float64(taken), "ns/step")
		})
	}
}

func BenchmarkLongTexts(b *testing.B) { benchmarkTexts(b, allLongTexts()) }

// BenchmarkHostileEvents reports what the largest events take whose texts all take long: the budget of
// each text, and the reserve once.
func BenchmarkHostileEvents(b *testing.B) {
	short := worstCases()["all escapes"]
	for _, size := range []int{64, 256, 1 << 10, 4 << 10, maxString} {
		b.Run(fmt.Sprintf("texts of %d", size), func(b *testing.B) {
			var list []any
			for i := range defaultMaxSize / size {
				list = append(list, short[i%64:][:min(size, len(short)-64)]) // not all the same
			}
			benchmarkEvent(b, map[string]any{"list": list}, defaultMaxSize)
		})
	}
	b.Run("keys", func(b *testing.B) {
		m := map[string]any{}
		for i := range maxMembers {
			m[fmt.Sprintf("%04d", i)+short[i%64:][:maxKey-4]] = 1
		}
		benchmarkEvent(b, m, maxMembers*maxKey)
	})
}

func benchmarkEvent(b *testing.B, m map[string]any, size int) {
	e := newSanitizer(b, Options{MaxBytes: 8 << 20}).Encoder()
	buf := make([]byte, 0, 8<<20)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	best := time.Duration(1 << 62)
	for b.Loop() {
		start := threadTime()
		buf = e.AppendMap(buf[:0], m)
		best = min(best, threadTime()-start)
	}
	b.ReportMetric(best.Seconds()*1e3, "cpu-ms")
	b.ReportMetric(float64(size)/1e6/best.Seconds(), "cpu-MB/s")
}
