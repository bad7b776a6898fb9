package registry_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

func nothing[C any](context.Context, registry.Env, C) (core.Sink, error) { return nil, nil }

// register returns what registering a sink with options C panics with.
func register[C any](change ...func(*registry.Sink[C])) (message string) {
	defer func() {
		if p := recover(); p != nil {
			message = fmt.Sprint(p)
		}
	}()
	s := registry.Sink[C]{Type: "bad", Summary: "A sink.", New: nothing[C]}
	for _, c := range change {
		c(&s)
	}
	registry.RegisterIn(registry.NewRegistry(), s)
	return ""
}

type (
	reserved struct {
		Batch int `yaml:"batch" doc:"x"`
	}
	inlined struct {
		reserved
		Reserved reserved `yaml:",inline"`
	}
	noDoc struct {
		A string `yaml:"a"`
	}
	noKey struct {
		A string `doc:"x"`
	}
	badKey struct {
		A string `yaml:"maxEvents" doc:"x"`
	}
	sameKey struct {
		A string `yaml:"a" doc:"x"`
		B string `yaml:"a" doc:"x"`
	}
	hidden struct {
		//lint:ignore U1000 that it is not exported is what is tested
		a string `yaml:"a" doc:"x"`
	}
	channel struct {
		A chan int `yaml:"a" doc:"x"`
	}
	float32s struct {
		A float32 `yaml:"a" doc:"x"`
	}
	numbers struct {
		A []int `yaml:"a" doc:"x"`
	}
	pointerToStruct struct {
		A *noDoc `yaml:"a" doc:"x"`
	}
	badDefault struct {
		A time.Duration `yaml:"a" doc:"x" default:"soon"`
	}
	defaultNotAllowed struct {
		A string `yaml:"a" doc:"x" default:"c" enum:"a,b"`
	}
	defaultTooSmall struct {
		A int `yaml:"a" doc:"x" default:"0" min:"1"`
	}
	defaultTooLarge struct {
		A uint8 `yaml:"a" doc:"x" default:"256"`
	}
	defaultAtExcludedBound struct {
		A float64 `yaml:"a" doc:"x" default:"0" min:">0"`
	}
	badItem struct {
		A []string `yaml:"a" doc:"x" default:"a,c" enum:"a,b"`
	}
	badBound struct {
		A registry.Size `yaml:"a" doc:"x" max:"lots"`
	}
	boundOnText struct {
		A string `yaml:"a" doc:"x" min:"1"`
	}
	enumOnNumber struct {
		A int `yaml:"a" doc:"x" enum:"1,2"`
	}
	enumWithoutDefault struct {
		A string `yaml:"a" doc:"x" enum:"a,b"`
	}
	requiredWithDefault struct {
		A string `yaml:"a" doc:"x" required:"true" default:"a"`
	}
	requiredMaybe struct {
		A string `yaml:"a" doc:"x" required:"yes"`
	}
	secretWithDefault struct {
		A core.Secret `yaml:"a" doc:"x" default:"a"`
	}
	mapWithDefault struct {
		A map[string]string `yaml:"a" doc:"x" default:"a"`
	}
	nested struct {
		A struct {
			B string `yaml:"b"`
		} `yaml:"a" doc:"x"`
	}
)

func TestAMistakeInASinkTypePanicsWithTypeAndField(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{register[reserved](), `field reserved.Batch: key "batch" belongs to the core`},
		{register[inlined](), `field reserved.Batch: key "batch" belongs to the core`},
		{register[noDoc](), `field noDoc.A: tag doc is missing`},
		{register[noKey](), `field noKey.A: tag yaml is missing; write yaml:"-" for a field that is no option`},
		{register[badKey](), `field badKey.A: key "maxEvents" must be lower case letters, digits and underscores`},
		{register[sameKey](), `field sameKey.B: key "a" is taken by field sameKey.A`},
		{register[hidden](), `field hidden.a: an option's field must be exported`},
		{register[channel](), `field channel.A: unsupported type chan int`},
		{register[float32s](), `field float32s.A: unsupported type float32`},
		{register[numbers](), `field numbers.A: unsupported type []int`},
		{register[pointerToStruct](), `field pointerToStruct.A: unsupported type *registry_test.noDoc`},
		{register[badDefault](), `field badDefault.A: tag default: want a duration such as 500ms, 10s or 15m, got soon`},
		{register[defaultNotAllowed](), `field defaultNotAllowed.A: tag default: want "a" or "b", got "c"`},
		{register[defaultTooSmall](), `field defaultTooSmall.A: tag default: want at least 1, got 0`},
		{register[defaultTooLarge](), `field defaultTooLarge.A: tag default: want a number from 0 to 255, got 256`},
		{register[defaultAtExcludedBound](), `field defaultAtExcludedBound.A: tag default: want more than 0, got 0`},
		{register[badItem](), `field badItem.A: tag default: want "a" or "b", got "c"`},
		{register[badBound](), `field badBound.A: tag max: want a size such as 64MiB, 10MB or 4096, got lots`},
		{register[boundOnText](), `field boundOnText.A: a string cannot have min or max`},
		{register[enumOnNumber](), `field enumOnNumber.A: a whole number cannot have an enum`},
		{register[enumWithoutDefault](), `field enumWithoutDefault.A: an option with an enum needs a default, or required, or to be a pointer`},
		{register[requiredWithDefault](), `field requiredWithDefault.A: a required option cannot have a default`},
		{register[requiredMaybe](), `field requiredMaybe.A: tag required is "yes"; want true or false`},
		{register[secretWithDefault](), `field secretWithDefault.A: a secret cannot have a default or an enum`},
		{register[mapWithDefault](), `field mapWithDefault.A: a mapping of strings cannot have a default`},
		{register[nested](), `field nested.A: field B: tag doc is missing`},
		{register[int](), `options must be a struct, not int`},
		{register(func(s *registry.Sink[struct{}]) { s.Summary = "" }), `it has no Summary`},
		{register(func(s *registry.Sink[struct{}]) { s.New = nil }), `it has no New`},
	} {
		if want := `registry: sink type "bad": ` + c.want; c.got != want {
			t.Errorf("got  %s\nwant %s", c.got, want)
		}
	}
	for _, typ := range []string{"", "GA4", "a-b", "1a", "a b"} {
		got := register(func(s *registry.Sink[struct{}]) { s.Type = typ })
		if want := fmt.Sprintf("registry: sink type %q: the name must be lower case letters, digits and underscores", typ); got != want {
			t.Errorf("got %s", got)
		}
	}
}

func TestEveryReservedKeyIsReserved(t *testing.T) {
	want := []string{
		"type", "enabled", "events", "when", "sample", "batch", "retry", "concurrency", "timeout", "purposes", "privacy",
		"rename", "drop", "set", "dead_letter", "allow_insecure",
	}
	keys := registry.ReservedKeys()
	keys[0] = "changed by a caller"
	for i, key := range registry.ReservedKeys() {
		if key != want[i] {
			t.Errorf("got %s, want %s", key, want[i])
		}
	}
}

func TestATypeIsRegisteredOnce(t *testing.T) {
	r := registry.NewRegistry()
	s := registry.Sink[struct{}]{Type: "twice", Summary: "A sink.", New: nothing[struct{}]}
	registry.RegisterIn(r, s)
	defer func() {
		if p := recover(); p != `registry: sink type "twice" is registered twice` {
			t.Errorf("got %v", p)
		}
	}()
	registry.RegisterIn(r, s)
}
