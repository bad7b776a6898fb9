package sanitize

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"
)

func TestFloatsAreWrittenAsEncodingJSONDoes(t *testing.T) {
	rng := rand.New(rand.NewPCG(16, 16))
	check := func(f float64) {
		want, err := json.Marshal(f)
		if err != nil {
			return // NaN and the infinities
		}
		if got := appendFloat(nil, f, 64); string(got) != string(want) {
			t.Fatalf("got %s, want %s", got, want)
		}
	}
	for _, f := range []float64{0, math.Copysign(0, -1), 0.001, 0.0005, 0.1 + 0.2, 45.25, 999.9995, 1e12, 1e12 - 0.001, 1e15, 1e21, 1e-6, 1e-7, math.MaxFloat64, math.SmallestNonzeroFloat64} {
		check(f)
		check(-f)
	}
	for range rounds(300_000) {
		f := float64(rng.Int64N(1<<rng.IntN(52))) / math.Pow10(rng.IntN(6))
		check(f)
		check(math.Nextafter(f, 0))
		check(math.Nextafter(f, math.Inf(1)))
		check(math.Float64frombits(rng.Uint64()))
	}
}
