package config

import "strings"

// checkEventNames asks the type of each sink about the events that the file names for it, and
// warns of those that are not sent as they are called.
func (d *decoder) checkEventNames(sinks []sink, prefix string, base baseline) {
	for i := range sinks {
		s := &sinks[i]
		if !s.delivery.Enabled || s.places.anyOpen() || base.places.anyOpen() {
			continue
		}
		at, ok := s.places["events"]
		if !ok {
			at = base.places["events"]
		}
		for _, name := range s.delivery.Events {
			if strings.HasPrefix(name, "!") || strings.ContainsAny(name, `*?[\`) {
				continue
			}
			d.checkEventName(s, at, prefix, name)
		}
	}
}

func (d *decoder) checkEventName(s *sink, at place, prefix, name string) {
	var becomes string
	if err := guard(func() error {
		becomes = s.descriptor.CheckName(s.options, prefix, name)
		return nil
	}); err != nil {
		d.problem(at.value, "", "%s", err)
		return
	}
	switch {
	case becomes == "":
	case at.reference != "": // what is not in the file is not shown
		d.warn(at.value, "events: a name in the value of %s is not sent by sink %q as it is", at.reference, s.name)
	default:
		d.warn(at.value, "events: %q %s (sink %q)", clip(name), becomes, s.name)
	}
}
