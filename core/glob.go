package core

import (
	"fmt"
	"path"
	"strings"
)

// globs choose names: "run", "component*", "!component_debug".
type globs struct{ include, exclude []string }

func compileGlobs(patterns []string) (globs, error) {
	var g globs
	for _, p := range patterns {
		bare, excluded := strings.CutPrefix(p, "!")
		if _, err := path.Match(bare, ""); err != nil || bare == "" {
			return globs{}, fmt.Errorf("the pattern %q is not a glob", p)
		}
		if excluded {
			g.exclude = append(g.exclude, bare)
		} else {
			g.include = append(g.include, bare)
		}
	}
	return g, nil
}

// all reports whether every name matches.
func (g *globs) all() bool { return len(g.include) == 0 && len(g.exclude) == 0 }

// match reports whether the name matches one of the patterns, or there are none, and
// is not excluded.
func (g *globs) match(name string) bool {
	return (len(g.include) == 0 || matchAny(g.include, name)) && !matchAny(g.exclude, name)
}

func matchAny(patterns []string, name string) bool {
	for _, p := range patterns {
		if p == "*" || p == name {
			return true
		}
		// A name may have slashes, which "*" is to match.
		if ok, _ := path.Match(strings.ReplaceAll(p, "/", "\x00"), strings.ReplaceAll(name, "/", "\x00")); ok {
			return true
		}
	}
	return false
}
