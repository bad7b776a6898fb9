package config

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/headgate-dev/headgate/registry"
)

// leastElsewhere is the shortest value from elsewhere that is looked for in a message without quotes: a
// shorter one is in many a word.
const leastElsewhere = 4

// elsewhere is a value that is not all in the file.
type elsewhere struct{ text, reference string }

// notInFile returns the value of an option if it is to be kept out of messages because it came from elsewhere, and
// the parts of it that did. One of few that are allowed may be told, and a secret is looked for anyhow.
func notInFile(o *registry.Option, x expansion) []elsewhere {
	if o.Kind != registry.KindString || o.Secret || o.Enum != nil || x.reference() == "" {
		return nil
	}
	return append(x.found, elsewhere{x.text, x.reference()})
}

// elsewhere returns every value in the mapping that came from elsewhere, the longest first.
func (p places) elsewhere() (all []elsewhere) {
	for _, at := range p {
		all = append(append(all, at.elsewhere...), at.in.elsewhere()...)
	}
	slices.SortFunc(all, func(a, b elsewhere) int {
		return cmp.Or(cmp.Compare(len(b.text), len(a.text)), strings.Compare(a.text, b.text), strings.Compare(a.reference, b.reference))
	})
	return all
}

// told returns what the code of a sink type, or of a queue, says of options that are in the mapping: without the
// secrets in them, and with the names of references for what these stand for.
func (p places) told(options any, err error) string {
	var pairs []string
	for _, e := range p.elsewhere() {
		if e.text == "" {
			continue
		}
		name := "the value of " + e.reference
		pairs = append(pairs, strconv.Quote(e.text), name)
		if len(e.text) >= leastElsewhere {
			pairs = append(pairs, e.text, name)
		}
	}
	return strings.NewReplacer(pairs...).Replace(redacted(options, err))
}
