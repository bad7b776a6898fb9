package config

import (
	"fmt"
	"slices"
)

// Uses are the parts of a program that a file needs.
type Uses struct {
	// Types are the types of its sinks, sorted. Without a sink that is the log.
	Types []string
	// Drivers are those of its warehouses, sorted.
	Drivers []string
	// Queue is the type of its queue, "" if the file does not say.
	Queue string
	// Expressions says that a sink has a condition, or sets properties.
	Expressions bool
	// Prometheus says that the daemon serves /metrics.
	Prometheus bool
}

// FindUses finds what the file at path needs of a program, without knowing the types of its
// sinks. It is an error if that depends on a variable.
func FindUses(path string) (Uses, error) {
	data, err := readFile(path)
	if err != nil {
		return Uses{}, fmt.Errorf("cannot read %s: %w", path, plainError(err))
	}
	root, problems := parse(data)
	if len(problems) > 0 {
		for i := range problems {
			problems[i].File = path
		}
		return Uses{}, problems
	}
	u := Uses{Prometheus: true}
	var unclear error
	text := func(v value, key string) string {
		if x := (&expander{lookup: func(string) (string, bool) { return "", false }, tolerant: true}).expand(v.text); len(x.references) > 0 {
			unclear = fmt.Errorf("%s:%d:%d: %s is %s, so it depends on the environment what the program needs", path, v.line, v.column, key, x.reference())
		}
		return v.text
	}
	defaults := root.member("defaults")
	for _, named := range root.member("sinks").entries {
		typ, driver := named.key, defaultDriver
		for _, e := range named.value.entries {
			switch e.key {
			case typeOption.Key:
				typ = text(e.value, "the type of a sink")
			case "driver":
				driver = text(e.value, "the driver of a warehouse")
			}
		}
		u.Types = append(u.Types, typ)
		if typ == "warehouse" {
			u.Drivers = append(u.Drivers, driver)
		}
		u.Expressions = u.Expressions || hasExpressions(named.value)
	}
	if len(u.Types) == 0 {
		u.Types = []string{"log"}
	}
	u.Expressions = u.Expressions || hasExpressions(defaults)
	u.Queue = text(root.member("queue").member("type"), "the type of the queue")
	if on := root.member("admin").member("prometheus"); on.text == "false" {
		u.Prometheus = false
	}
	slices.Sort(u.Types)
	slices.Sort(u.Drivers)
	u.Types, u.Drivers = slices.Compact(u.Types), slices.Compact(u.Drivers)
	return u, unclear
}

// member returns the value of a key, or nothing.
func (v value) member(key string) value {
	for _, e := range v.entries {
		if e.key == key {
			return e.value
		}
	}
	return value{}
}

func hasExpressions(v value) bool {
	return v.member("when").text != "" || len(v.member("set").entries) > 0
}
