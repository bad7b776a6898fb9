package config

import (
	"fmt"
	"slices"
)

const module = "github.com/headgate-dev/headgate/"

// sinkTypes and warehouseDrivers are headgate's own, each in a package of its name.
var (
	sinkTypes        = []string{"amplitude", "exec", "ga4", "http", "log", "mixpanel", "segment"}
	warehouseDrivers = []string{"bigquery", "postgres", "redshift", "snowflake", "sqlite"}
)

// queuePackages are where the types of queue are that a program may leave out.
var queuePackages = map[string]string{"jetstream": module + "core/queue/jetstream"}

// expressionsPackage is what a program needs for conditions, and for properties that are set.
const expressionsPackage = module + "config/expressions"

// sinkPackage returns what a program imports to have a type of sink, "" if it is none of headgate's own. The
// warehouse is in every program that has one of its drivers.
func sinkPackage(typ, driver string) string {
	switch {
	case slices.Contains(sinkTypes, typ):
		return module + "sinks/" + typ
	case typ == "warehouse" && slices.Contains(warehouseDrivers, driver):
		return module + "sinks/warehouse/" + driver
	}
	return ""
}

// MissingSink says what to do to have a type of sink that a program was built without, if that is one of headgate's
// own; else it returns "". The driver is that of a warehouse, "" for any.
func MissingSink(typ, driver string) string {
	p := sinkPackage(typ, driver)
	if p == "" && typ == "warehouse" {
		p = sinkPackage(typ, defaultDriver) // an example of what is wanted
	}
	if p == "" {
		return ""
	}
	return fmt.Sprintf("sink type %s is not in this program; import _ %q, or sinks/all", typ, p)
}

// defaultDriver is that of a warehouse whose file names none.
const defaultDriver = "sqlite"

// Packages returns the packages of headgate that a program has to import. Of types, drivers and queues that are
// not headgate's own it has none.
func (u Uses) Packages() (packages []string) {
	add := func(p string) {
		if p != "" {
			packages = append(packages, p)
		}
	}
	for _, typ := range u.Types {
		add(sinkPackage(typ, ""))
	}
	for _, driver := range u.Drivers {
		add(sinkPackage("warehouse", driver))
	}
	add(queuePackages[u.Queue])
	if u.Expressions {
		add(expressionsPackage)
	}
	return packages
}
