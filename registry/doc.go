// Package registry is where sink types are found by their name, and types of queue.
//
// A sink registers once, from init, with a struct whose tagged fields are its options:
//
//	type Config struct {
//		URL     string        `yaml:"url" required:"true" doc:"Where to post." example:"https://example.com/in"`
//		Token   core.Secret   `yaml:"token" doc:"Sent as a bearer token."`
//		MaxAge  time.Duration `yaml:"max_age" default:"24h" min:"1s" doc:"How old an event may be."`
//		Region  string        `yaml:"region" default:"us" enum:"us,eu" doc:"Where the data is kept."`
//	}
//
//	func init() {
//		registry.Register(registry.Sink[Config]{Type: "example", Summary: "JSON to a URL.", New: New})
//	}
//
// The tags are the single source of what is decoded, of the defaults, of what is
// refused, of the JSON Schema and of the reference texts, so that these cannot drift
// apart. A mistake in them is a mistake of the program and makes Register panic with
// the type and the field.
//
// # Tags
//
//	yaml      the key in sinks.yaml: lower case letters, digits and underscores. "-" for a
//	          field that is no option; ",inline" for a struct whose fields stand in its place
//	doc       one sentence, shown in reference texts and editors; must be given
//	default   the value when the key is absent; a comma separates the items of a list
//	required  "true": the key must be present. In a nested struct, when that struct is
//	enum      the only values allowed, separated by commas
//	example   a value to show where there is no default
//	min, max  bounds, in the field's own notation; min:">0" excludes the bound itself.
//	          Without min, durations and sizes must not be negative
//
// # Field types
//
// string, bool, the integer types, float64, [time.Duration], [Size], [core.Secret],
// pointers to any of these (nil when the key is absent and has no default), []string,
// []core.Secret, map[string]string, map[string]core.Secret, and structs of all of these.
//
// An option struct may have a method Validate() error for what tags cannot say. It is
// called once all options are decoded without a problem; an error made with [Field] is
// shown at the line of its key, and several can be joined with [errors.Join].
package registry
