package corpus

import (
	"cmp"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// Environ is the environment variable with the directory of corpora that are given.
const Environ = "HEADGATE_PRIVACY_CORPUS"

// Named are the rows of one corpus.
type Named struct {
	Name string
	Rows []Row
}

// Given returns the corpora of the directory that [Environ] names, by default
// ../shared/data/privacy of a repository, in the order of their names. There are none
// where that default does not exist.
func Given(repository string) ([]Named, error) {
	dir := cmp.Or(os.Getenv(Environ), filepath.Join(repository, "..", "shared", "data", "privacy"))
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv(Environ) == "" {
			return nil, nil
		}
		return nil, err
	}
	corpora, err := Read(dir)
	if err != nil {
		return nil, err
	}
	var all []Named
	for _, name := range slices.Sorted(maps.Keys(corpora)) {
		all = append(all, Named{name, corpora[name]})
	}
	return all, nil
}

// Generated returns the rows of every set, of values and then of events.
func Generated(seed uint64) []Named {
	var all []Named
	for _, set := range Sets() {
		values, events := set.Rows(seed)
		all = append(all, Named{set.Name, append(values, events...)})
	}
	return all
}
