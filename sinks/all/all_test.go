package all

import (
	"slices"
	"testing"

	"github.com/headgate-dev/headgate/registry"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

func TestImportingAllRegistersEverySink(t *testing.T) {
	for _, want := range []string{"http", "log", "warehouse"} {
		if !slices.Contains(registry.Default.Types(), want) {
			t.Errorf("there is no sink %q", want)
		}
	}
}

func TestImportingAllRegistersEveryDriver(t *testing.T) {
	for _, want := range []string{"bigquery", "postgres", "redshift", "snowflake", "sqlite"} {
		if !slices.ContainsFunc(warehouse.Drivers(), func(d warehouse.DriverInfo) bool { return d.Name == want }) {
			t.Errorf("there is no driver %q", want)
		}
	}
}
