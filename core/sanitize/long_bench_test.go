package sanitize

import (
	"maps"
	"runtime"
	"slices"
	"testing"
)

func BenchmarkLongTexts(b *testing.B) {
	texts := allLongTexts()
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		text := texts[name]
		b.Run(name, func(b *testing.B) {
			e := newSanitizer(b, Options{}).Encoder()
			m := map[string]any{"text": text}
			buf := make([]byte, 0, 8*maxString)
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			start := threadTime()
			for b.Loop() {
				buf = e.AppendMap(buf[:0], m)
			}
			b.ReportMetric(float64(len(text))*float64(b.N)/1e6/(threadTime()-start).Seconds(), "cpu-MB/s")
		})
	}
}
