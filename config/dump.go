package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/headgate-dev/headgate/registry"
)

// MarshalJSON returns the effective settings, defaults included, as they could stand
// in a file of their own: JSON is YAML. Secrets are masked. References have been
// replaced by what they stand for, so this is for the eyes of who runs the program.
func (f File) MarshalJSON() ([]byte, error) {
	settings := f.Settings
	out := registry.AppendJSON([]byte{'{'}, settingsOptions, reflect.ValueOf(&settings).Elem())
	out = append(out, `,"sinks":{`...)
	for i := range f.sinks {
		if i > 0 {
			out = append(out, ',')
		}
		name, err := json.Marshal(f.sinks[i].name)
		if err != nil {
			return nil, err
		}
		out = append(append(out, name...), ':')
		out = f.sinks[i].appendJSON(out)
	}
	return append(out, "}}"...), nil
}

func (s *sink) appendJSON(dst []byte) []byte {
	dst = fmt.Appendf(dst, `{"type":%q`, s.descriptor.Type)
	dst = registry.AppendJSON(dst, deliveryOptions, reflect.ValueOf(&s.delivery).Elem())
	dst = registry.AppendJSON(dst, s.descriptor.Options, reflect.ValueOf(s.options).Elem())
	return append(dst, '}')
}

// String returns what MarshalJSON does, indented.
func (f File) String() string {
	compact, err := f.MarshalJSON()
	if err != nil {
		return err.Error()
	}
	var b bytes.Buffer
	if err := json.Indent(&b, compact, "", "  "); err != nil {
		return err.Error()
	}
	return b.String()
}

// Format writes String whatever the verb, so that no way of printing shows more.
func (f File) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(f.String())) }
