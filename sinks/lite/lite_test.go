package lite

import (
	"slices"
	"testing"

	"github.com/headgate-dev/headgate/registry"
)

func TestImportingLiteRegistersItsSinks(t *testing.T) {
	want := []string{"amplitude", "exec", "ga4", "http", "log", "mixpanel", "segment"}
	if got := registry.Default.Types(); !slices.Equal(got, want) {
		t.Errorf("the sinks are %v, want %v: without a driver there is no warehouse", got, want)
	}
}
