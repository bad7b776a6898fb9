package metrics

import (
	"encoding/binary"
	"slices"
	"strings"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
)

// Labels are the labels of one recording. Their order does not matter.
type Labels map[string]string

// maxLabelValue bounds the bytes of a label's value: longer ones are cut.
const maxLabelValue = 256

// cleanValue returns what a series can hold of a value: Prometheus refuses a whole scrape
// for one value that is not UTF-8.
func cleanValue(v string) string {
	if len(v) > maxLabelValue {
		cut := maxLabelValue
		for cut > maxLabelValue-utf8.UTFMax && !utf8.RuneStart(v[cut]) {
			cut--
		}
		v = v[:cut]
	}
	return strings.ToValidUTF8(v, "\uFFFD")
}

// names returns the names in order, in dst if it has room.
func (l Labels) names(dst []string) []string {
	for name := range l {
		dst = append(dst, name)
	}
	slices.Sort(dst)
	return dst
}

// appendKey appends what tells these labels from all others.
func (l Labels) appendKey(dst []byte, names []string) []byte {
	for _, name := range names {
		value := cleanValue(l[name])
		dst = append(binary.AppendUvarint(dst, uint64(len(name))), name...)
		dst = append(binary.AppendUvarint(dst, uint64(len(value))), value...)
	}
	return dst
}

func (l Labels) attributes() attribute.Set {
	kvs := make([]attribute.KeyValue, 0, len(l))
	for name, value := range l {
		kvs = append(kvs, attribute.String(name, cleanValue(value)))
	}
	return attribute.NewSet(kvs...)
}

// check refuses labels in the order of the original: none at all, then missing ones. Then come
// names that no metric can have, and, if the registry is strict, those not declared.
func (m *instrument) check(l Labels) error {
	if len(l) == 0 {
		return &Error{Kind: ErrNoLabels, Metric: m.def.Name, text: "Labels must be provided for the metric"}
	}
	var bad []string
	for _, name := range m.mandatory {
		if _, ok := l[name]; !ok {
			bad = append(bad, name)
		}
	}
	if bad != nil {
		return badLabels(ErrMissingLabels, m.def.Name, "Missing required labels", bad)
	}
	undeclared := false
	for name := range l {
		if _, ok := m.def.Labels[name]; !ok {
			undeclared = true
			if !validLabel(name) {
				bad = append(bad, name)
			}
		}
	}
	switch {
	case bad != nil:
		return badLabels(ErrInvalidLabel, m.def.Name, "Invalid label names", bad)
	case undeclared && m.registry.opts.Strict:
		for name := range l {
			if _, ok := m.def.Labels[name]; !ok {
				bad = append(bad, name)
			}
		}
		return badLabels(ErrUnknownLabels, m.def.Name, "Unknown labels", bad)
	}
	return nil
}
