package registry_test

import (
	"errors"
	"fmt"
	"log"
	"reflect"
	"time"

	"github.com/headgate-dev/headgate/registry"
)

// retention is an option struct.
type retention struct {
	Keep   time.Duration `yaml:"keep" default:"720h" min:"1h" doc:"How long rows are kept."`
	Region string        `yaml:"region" default:"us" enum:"us,eu" doc:"Where they are kept."`
}

// retentionOptions returns the options of the struct, and the struct with their defaults.
func retentionOptions() (map[string]*registry.Option, *retention) {
	options, err := registry.Options(reflect.TypeFor[retention]())
	if err != nil {
		log.Fatal(err) // the tags are wrong
	}
	byKey := make(map[string]*registry.Option)
	for i := range options {
		byKey[options[i].Key] = &options[i]
	}
	values := new(retention)
	registry.SetDefaults(options, reflect.ValueOf(values).Elem())
	return byKey, values
}

// An option is what the tags of a field say. It reads, checks and stores a value.
func ExampleOption() {
	options, values := retentionOptions()
	keep := options["keep"]
	fmt.Printf("%s (%s, at least %s): %s\n", keep.Key, keep.Kind, keep.Min, keep.Doc)
	if err := keep.Set(reflect.ValueOf(values).Elem(), "48h"); err != nil {
		log.Fatal(err)
	}
	fmt.Println(*values)
	// Output:
	// keep (duration, at least 1h): How long rows are kept.
	// {48h0m0s us}
}

// What an option does not take is told apart from what it wants, so that the value of a secret need not be shown.
func ExampleValueError() {
	options, values := retentionOptions()
	err := options["region"].Set(reflect.ValueOf(values).Elem(), "de")
	var wrong *registry.ValueError
	if errors.As(err, &wrong) {
		fmt.Println("want", wrong.Want)
		fmt.Println("one of", wrong.Allowed)
	}
	// Output:
	// want "us" or "eu"
	// one of [us eu]
}

// A mistake that only code can see is made an error of its key, and is shown at the line of that key.
func ExampleFieldError() {
	err := webhookOptions{Pause: time.Hour, Backlog: 1024}.Validate()
	var wrong *registry.FieldError
	if errors.As(err, &wrong) {
		fmt.Printf("at %s: %s\n", wrong.Key, wrong.Message)
	}
	// Output: at backlog: must be at least 1MiB for so long a pause
}
