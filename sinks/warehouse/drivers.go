package warehouse

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

// known are the drivers of this module, linked or not, and how far each carries events.
var known = []struct {
	name  string
	reach core.Reach
}{
	{"sqlite", core.ReachLocal},
	{"postgres", core.ReachNetwork},
	{"redshift", core.ReachNetwork},
	{"snowflake", core.ReachNetwork},
	{"bigquery", core.ReachNetwork},
}

// drivers are those that are linked.
var drivers struct {
	sync.RWMutex
	infos map[string]DriverInfo
}

// Register adds a driver, and with the first of them the type of sink to [registry.Default]: a program that
// has none cannot make such a sink. It is meant to be called from init, and panics when the driver is described
// twice or not wholly.
func Register(d DriverInfo) {
	if d.Name == "" || d.Summary == "" || d.Parts < 1 || d.DDL == nil || d.Statement == nil || d.Open == nil {
		panic(fmt.Sprintf("warehouse: driver %q: its description lacks something", d.Name))
	}
	drivers.Lock()
	defer drivers.Unlock()
	if _, taken := drivers.infos[d.Name]; taken {
		panic(fmt.Sprintf("warehouse: driver %q is registered twice", d.Name))
	}
	if drivers.infos == nil {
		drivers.infos = make(map[string]DriverInfo)
		register(registry.Default)
	}
	drivers.infos[d.Name] = d
}

// Drivers returns the drivers that are linked, sorted by name.
func Drivers() []DriverInfo {
	drivers.RLock()
	defer drivers.RUnlock()
	infos := make([]DriverInfo, 0, len(drivers.infos))
	for _, d := range drivers.infos {
		infos = append(infos, d)
	}
	slices.SortFunc(infos, func(a, b DriverInfo) int { return strings.Compare(a.Name, b.Name) })
	return infos
}

// lookup returns a driver, or says what to do to have it.
func lookup(name string) (DriverInfo, error) {
	drivers.RLock()
	d, ok := drivers.infos[name]
	drivers.RUnlock()
	switch {
	case ok:
		return d, nil
	case name == "duckdb":
		return d, registry.Field("driver", "duckdb is not to be had without cgo; use sqlite, whose file DuckDB reads: ATTACH 'headgate.db' (TYPE sqlite)")
	case isKnown(name):
		return d, registry.Field("driver", fmt.Sprintf("driver %s is not in this program; import _ %q, or sinks/all for every driver", name, importPath+name))
	default:
		return d, registry.Field("driver", fmt.Sprintf("there is no driver %s in this program", name))
	}
}

const importPath = "github.com/headgate-dev/headgate/sinks/warehouse/"

func isKnown(name string) bool {
	for _, k := range known {
		if k.name == name {
			return true
		}
	}
	return false
}

// reachOf says how far a driver carries events.
func reachOf(c Config) core.Reach {
	for _, k := range known {
		if k.name == c.Driver {
			return k.reach
		}
	}
	return core.ReachNetwork
}

// limitsOf says what bounds a batch.
func limitsOf(c Config) core.Limits {
	if d, err := lookup(c.Driver); err == nil && d.Limits != nil {
		return d.Limits(c)
	}
	return core.Limits{}
}

// defaultsOf says which defaults of the core's keys are others with a driver.
func defaultsOf(c Config) registry.Defaults {
	if d, err := lookup(c.Driver); err == nil && d.Defaults != nil {
		return d.Defaults(c)
	}
	return registry.Defaults{}
}

// warningsOf finds what a driver finds no good idea.
func warningsOf(c Config) []error {
	if d, err := lookup(c.Driver); err == nil && d.Warn != nil {
		return d.Warn(c)
	}
	return nil
}
