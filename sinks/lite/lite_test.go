package lite

import (
	"slices"
	"testing"

	"github.com/headgate-dev/headgate/registry"
)

func TestImportingLiteRegistersItsSinks(t *testing.T) {
	for _, want := range []string{"amplitude", "exec", "http", "log", "segment", "warehouse"} {
		if !slices.Contains(registry.Default.Types(), want) {
			t.Errorf("there is no sink %q", want)
		}
	}
}
