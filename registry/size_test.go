package registry_test

import (
	"math"
	"testing"

	"github.com/headgate-dev/headgate/registry"
)

func TestSizesAreReadExactly(t *testing.T) {
	for text, want := range map[string]registry.Size{
		"0": 0, "4096": 4096, "1B": 1, "64MiB": 64 << 20, "10MB": 10e6, "10 MB": 10e6, "1kB": 1000, "1KB": 1000,
		"1KiB": 1024, "1GiB": 1 << 30, "2TiB": 2 << 40, "1.5GB": 15e8, "1.001kB": 1001, "0.5KiB": 512,
		"7PiB": 7 << 50, "9223372036854775807": math.MaxInt64, "-5": -5,
	} {
		if got, err := registry.ParseSize(text); err != nil || got != want {
			t.Errorf("ParseSize(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
}

func TestWhatIsNoSizeIsRefused(t *testing.T) {
	for _, text := range []string{
		"", " ", "B", "MiB", "64 mib", "64mb", "64M", "64Mi", "0x10", "1e6", "1_000", "+5", "inf", "NaN", ".5MB", "5.MB", "1,5MB",
		"0.0001KiB", "8192PiB", "9223372036854775808", "99999999999999999999TB", "1e400PB", "--1", "1 2MB", "६MB", "5MB ", " 5MB",
		"0.000000000000000000000000000000000000000000000000000001PB",
	} {
		if got, err := registry.ParseSize(text); err == nil {
			t.Errorf("ParseSize(%q) = %d; want an error", text, got)
		}
	}
}

func TestASizePrintsAsItsShortestExactForm(t *testing.T) {
	for size, want := range map[registry.Size]string{
		0: "0B", 1: "1B", 999: "999B", 1000: "1kB", 130_000: "130kB", 20e6: "20MB", 1e15: "1PB", 1_536_000: "1500KiB", 1 << 10: "1KiB", 1536: "1536B", 64 << 20: "64MiB", 1 << 30: "1GiB", 3 << 50: "3PiB", -2048: "-2KiB",
	} {
		if got := size.String(); got != want {
			t.Errorf("Size(%d) = %q; want %q", int64(size), got, want)
		}
	}
}

func FuzzParseSize(f *testing.F) {
	for _, seed := range []string{"64MiB", "1.5 GB", "4096", "-1", "9223372036854775807"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		size, err := registry.ParseSize(text)
		if err != nil {
			return
		}
		if again, err := registry.ParseSize(size.String()); err != nil || again != size {
			t.Errorf("%q is %d, printed as %q, read as %d, %v", text, int64(size), size, int64(again), err)
		}
	})
}
