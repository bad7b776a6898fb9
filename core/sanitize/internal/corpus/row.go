package corpus

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
)

// A Row is one thing to sanitise and what is expected of the output. It is
// either the object {Key: Value} or, if Event is set, that event.
type Row struct {
	ID        string          `json:"id"`
	Key       string          `json:"key"`
	Value     json.RawMessage `json:"value"`
	Sensitive bool            `json:"sensitive"`
	Kind      string          `json:"kind"`
	Cat       string          `json:"cat"`
	Place     string          `json:"place"`
	Tier      string          `json:"tier"`
	Secrets   []string        `json:"secrets"`
	Keep      []string        `json:"keep"`

	Event      json.RawMessage `json:"event"`
	Clean      bool            `json:"clean"`
	MustNot    []string        `json:"must_not"`
	MustKeep   []string        `json:"must_keep"`
	ShouldKeep []string        `json:"should_keep"`
}

// Object returns what to give to the sanitiser.
func (r *Row) Object() []byte {
	if r.Event != nil {
		return r.Event
	}
	key, err := json.Marshal(r.Key)
	if err != nil {
		panic(err) // a string always encodes
	}
	return append(append(append(append([]byte("{"), key...), ':'), r.Value...), '}')
}

// A family is a kind of rows: every value template is filled in Each times, each
// time under one of the keys.
type family struct {
	kind   string
	cat    string // credential, pii or benign
	place  string
	tier   string // must if empty
	keys   string // templates, separated by spaces
	values []string
	each   int
}

// A Set is a group of templates that were written together, before anybody knew
// what the sanitiser makes of them.
type Set struct {
	Name     string
	families func() []family
	more     func(*generator)
	events   []eventShape
}

// Rows returns the set's rows of values and of events. The same seed makes the
// same rows.
func (s Set) Rows(seed uint64) (values, events []Row) {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 1)), set: s.Name}
	for _, f := range s.families() {
		g.family(f)
	}
	if s.more != nil {
		s.more(g)
	}
	values, g.rows = g.rows, nil
	for _, e := range s.events {
		g.event(e)
	}
	return values, g.rows
}

func (g *generator) family(f family) {
	for _, template := range f.values {
		for range max(f.each, 1) {
			key, value := g.fill(pickWord(g, f.keys)), g.fill(template)
			g.add(f, key, value)
		}
	}
}

// add adds a row of the family with a filled-in key and value.
func (g *generator) add(f family, key, value filled) {
	raw := value.json()
	r := Row{
		ID: fmt.Sprintf("%s-%s-%04d", g.set, f.kind, len(g.rows)), Key: key.text, Value: raw,
		Sensitive: f.cat != "benign", Kind: f.kind, Cat: f.cat, Place: f.place, Tier: f.tier,
		Secrets: append(key.secrets, value.secrets...), Keep: append(key.keep, value.keep...),
	}
	if r.Sensitive && r.Tier == "" {
		r.Tier = "must"
	}
	if r.Sensitive == (len(r.Secrets) == 0) {
		panic(fmt.Sprintf("%s: %s in category %s has %d secrets", f.kind, value.text, f.cat, len(r.Secrets)))
	}
	g.rows = append(g.rows, r)
}
