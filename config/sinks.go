package config

import (
	"errors"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/internal/spelling"
	"github.com/headgate-dev/headgate/registry"
)

// sink is a sink of the file, decoded.
type sink struct {
	name       string
	at         position // of the name
	delivery   delivery
	descriptor registry.Descriptor
	options    any // as descriptor.NewOptions returned it
	places     places
}

// sinkName is what is safe in file names, metric labels and on command lines.
var sinkName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$`)

// baseline is what a sink has where it says nothing itself.
type baseline struct {
	delivery delivery
	places   places
}

// defaults decodes what stands for all sinks.
func (d *decoder) defaults(e entry) baseline {
	var base baseline
	target := reflect.ValueOf(&base.delivery).Elem()
	registry.SetDefaults(deliveryOptions, target)
	if s := e.value.shape; s != shapeMapping && s != shapeNull {
		d.problem(e.value.position, "", "defaults: want a mapping, got %s", s)
		return base
	}
	base.places = d.mapping(e.value, e.position, others{take: func(e entry) bool {
		if e.key == typeOption.Key {
			d.problem(e.position, "", "a type cannot be the default of all sinks")
			return true
		}
		return false
	}}, group{deliveryOptions, target})
	d.checkDelivery(&base.delivery, base.places)
	return base
}

// sinks decodes the sinks, each starting from the defaults.
func (d *decoder) sinks(r *registry.Registry, v value, base baseline) []sink {
	if v.shape != shapeMapping && v.shape != shapeNull {
		d.problem(v.position, "", "sinks: want a mapping of names to options, got %s", v.shape)
		return nil
	}
	lower := make(map[string]string)
	var sinks []sink
	for _, named := range v.entries {
		d.checkName(named, lower)
		if s, ok := d.sink(r, named, base); ok {
			sinks = append(sinks, s)
		}
	}
	return sinks
}

func (d *decoder) checkName(named entry, lower map[string]string) {
	if !sinkName.MatchString(named.key) {
		d.problem(named.position, "", "%q is no name for a sink: want 1 to 64 letters, digits, -, _ and ., the first a letter, digit or _", clip(named.key))
	}
	folded := strings.ToLower(named.key)
	if other, ok := lower[folded]; ok {
		d.problem(named.position, "", "%q and %q differ in case only; some file systems cannot tell them apart", clip(other), clip(named.key))
	}
	lower[folded] = named.key
}

// sink decodes one sink.
func (d *decoder) sink(r *registry.Registry, named entry, base baseline) (sink, bool) {
	s := sink{name: named.key, at: named.position, delivery: base.delivery}
	if named.value.shape != shapeMapping && named.value.shape != shapeNull {
		d.problem(named.value.position, "", "%s: want a mapping of options, got %s", clip(named.key), named.value.shape)
		return s, false
	}
	before := len(d.problems)
	keys := reflect.ValueOf(&s.delivery).Elem()
	descriptor, known := d.sinkType(r, named)
	groups := []group{{deliveryOptions, keys}}
	if known {
		s.descriptor, s.options = descriptor, descriptor.NewOptions()
		groups = append(groups, group{descriptor.Options, reflect.ValueOf(s.options).Elem()})
	}
	s.places = d.mapping(named.value, named.position, others{[]string{typeOption.Key}, func(e entry) bool {
		return e.key == typeOption.Key || !known
	}}, groups...)
	d.checkDelivery(&s.delivery, s.places)
	if known && len(d.problems) == before && !s.places.anyOpen() {
		d.checkOptions(&s, base.places)
	}
	return s, known
}

// sinkType finds the type of a sink, which is its name unless it says otherwise.
func (d *decoder) sinkType(r *registry.Registry, named entry) (registry.Descriptor, bool) {
	typ, at, shown, given := named.key, named.position, strconv.Quote(clip(named.key)), false
	for _, e := range named.value.entries {
		if e.key != typeOption.Key {
			continue
		}
		x, ok := d.text(&typeOption, e.value)
		if !ok || x.unresolved {
			return registry.Descriptor{}, false
		}
		typ, at, given, shown = x.text, e.value.position, true, strconv.Quote(clip(x.text))
		if from := x.reference(); from != "" {
			shown = "in " + from
		}
	}
	descriptor, known := r.Lookup(typ)
	if known {
		return descriptor, true
	}
	if missing := MissingSink(typ, named.value.member("driver").text); missing != "" {
		d.problem(at, "", "%s", missing)
		return registry.Descriptor{}, false
	}
	suggestion := spelling.Nearest(typ, r.Types())
	message := "unknown sink type " + shown
	if !given {
		message += ", the name of a sink without the key type"
	}
	if suggestion == "" {
		message += "; this program has " + strings.Join(r.Types(), ", ")
	}
	d.problem(at, didYouMean(suggestion), "%s", message)
	return registry.Descriptor{}, false
}

// checkOptions asks the sink type about options that are each well-formed.
func (d *decoder) checkOptions(s *sink, base places) {
	var limits core.Limits
	var defaults registry.Defaults
	err := guard(func() error {
		limits = s.descriptor.LimitsOf(s.options)
		defaults = s.descriptor.DefaultsOf(s.options)
		return s.descriptor.Validate(s.options)
	})
	for _, e := range fieldErrors(err) {
		d.problem(s.places.find(e.Key, s.at), "", "%s", s.places.told(s.options, e))
	}
	d.checkLimits(s, limits, base)
	s.delivery.fill(defaults, func(path string) bool { return s.places.has(path) || base.has(path) })
	if err == nil && s.delivery.Enabled {
		d.checkWisdom(s)
	}
}

// checkWisdom warns of what the sink type finds no good idea.
func (d *decoder) checkWisdom(s *sink) {
	var warnings []error
	if err := guard(func() error {
		warnings = s.descriptor.Warnings(s.options)
		return nil
	}); err != nil {
		d.problem(s.at, "", "%s", err)
	}
	for _, e := range fieldErrors(errors.Join(warnings...)) {
		d.warn(s.places.find(e.Key, s.at), "%s (sink %q)", s.places.told(s.options, e), s.name)
	}
}

// anyOpen reports whether some value is not known.
func (p places) anyOpen() bool {
	for _, at := range p {
		if at.open || at.in.anyOpen() {
			return true
		}
	}
	return false
}

// find returns the position of the value at a path such as "batch.max_events", or of
// as much of the path as there is.
func (p places) find(path string, otherwise position) position {
	key, rest, nested := strings.Cut(path, ".")
	at, ok := p[key]
	switch {
	case !ok:
		return otherwise
	case nested:
		return at.in.find(rest, at.key)
	}
	return at.value
}

// has reports whether the file gives the key at path.
func (p places) has(path string) bool {
	key, rest, nested := strings.Cut(path, ".")
	at, ok := p[key]
	if ok && nested {
		return at.in.has(rest)
	}
	return ok
}
