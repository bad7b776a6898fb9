package config

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

// defaultsText says which defaults of the core's keys are others for a sink type, and under
// which of its options: one sentence each, in the order of the options.
func defaultsText(d registry.Descriptor) (sentences []string) {
	plain := defaultsWith(d)
	if text := keysText(plain); text != "" {
		sentences = append(sentences, "If absent, "+text+".")
	}
	choices := choicesOf(d)
	single := make([]registry.Defaults, len(choices))
	for i, c := range choices {
		if single[i] = defaultsWith(d, c); single[i] != plain {
			sentences = append(sentences, fmt.Sprintf("With %s, if absent, %s.", c, keysText(single[i])))
		}
	}
	for i, a := range choices {
		for k, b := range choices[:i] {
			if a.option == b.option {
				continue
			}
			if both := defaultsWith(d, b, a); both != single[i] && both != single[k] {
				sentences = append(sentences, fmt.Sprintf("With %s and %s, if absent, %s.", b, a, keysText(both)))
			}
		}
	}
	return sentences
}

// choice is an option with one of the words that it may be.
type choice struct {
	option *registry.Option
	word   string
}

// String returns the choice as it is written in a file.
func (c choice) String() string { return c.option.Key + ": " + c.word }

func choicesOf(d registry.Descriptor) (choices []choice) {
	for i := range d.Options {
		o := &d.Options[i]
		if o.Kind != registry.KindString {
			continue
		}
		for _, word := range o.Enum {
			choices = append(choices, choice{o, word})
		}
	}
	return choices
}

// defaultsWith asks the sink type about its defaults under some choices.
func defaultsWith(d registry.Descriptor, choices ...choice) (defaults registry.Defaults) {
	chosen(d, choices, func(options any) { defaults = d.DefaultsOf(options) })
	return defaults
}

// reachWith asks the sink type how far it carries events under some choices.
func reachWith(d registry.Descriptor, choices ...choice) core.Reach {
	reach := d.Reach
	chosen(d, choices, func(options any) { reach = d.ReachOf(options) })
	return reach
}

// chosen calls ask with options in which some choices were made.
func chosen(d registry.Descriptor, choices []choice, ask func(options any)) {
	_ = guard(func() error {
		options := d.NewOptions()
		for _, c := range choices {
			if err := c.option.Set(reflect.ValueOf(options).Elem(), c.word); err != nil {
				return err
			}
		}
		ask(options)
		return nil
	})
}

// keysText names the keys that have another default, "" if none has.
func keysText(defaults registry.Defaults) string {
	var keys []string
	add := func(key string, set bool, value any) {
		if set {
			keys = append(keys, fmt.Sprintf("%s is %v", key, value))
		}
	}
	add("batch.max_events", defaults.Batch.MaxEvents > 0, defaults.Batch.MaxEvents)
	add("batch.max_bytes", defaults.Batch.MaxBytes > 0, registry.Size(defaults.Batch.MaxBytes))
	add("batch.max_wait", defaults.Batch.MaxWait > 0, short(defaults.Batch.MaxWait))
	add("timeout", defaults.Timeout > 0, short(defaults.Timeout))
	return strings.Join(keys, " and ")
}

// short writes a duration as people do: 1m rather than 1m0s.
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
