package sanitize

import (
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
