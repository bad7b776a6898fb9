// Command datadog cleans objects with the scrubber of the Datadog Agent and its default rules: the ones for keys
// over the decoded object, the ones for text over every string in it.
package main

import (
	"strings"

	"github.com/DataDog/datadog-agent/pkg/util/scrubber"

	"github.com/headgate-dev/headgate/bench/internal/scrub"
)

func main() { scrub.Main(open) }

func open(scrub.Setup) (scrub.Scrubber, error) {
	s := agent{scrubber.NewWithDefaults()}
	return &scrub.Each[any]{
		Take: scrub.Decode,
		Clean: func(object any) (any, error) {
			s.ScrubDataObj(&object)
			return s.texts(object)
		},
		Give: func(object any) (any, error) { return object, nil },
	}, nil
}

type agent struct{ *scrubber.Scrubber }

// texts cleans all strings of a value.
func (s agent) texts(value any) (_ any, err error) {
	switch v := value.(type) {
	case string:
		return s.text(v)
	case map[string]any:
		for key, member := range v {
			if v[key], err = s.texts(member); err != nil {
				return nil, err
			}
		}
	case []any:
		for i, element := range v {
			if v[i], err = s.texts(element); err != nil {
				return nil, err
			}
		}
	}
	return value, nil
}

// text uses what is for single lines on those, as its documentation says.
func (s agent) text(v string) (string, error) {
	if !strings.Contains(v, "\n") {
		return s.ScrubLine(v), nil
	}
	cleaned, err := s.ScrubBytes([]byte(v))
	return string(cleaned), err
}
