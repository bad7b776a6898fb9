package config_test

import (
	"context"
	"fmt"
	"time"

	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/core"
)

// A program opens its configuration once. An empty path stands for no file: events
// become lines on standard error.
func ExampleOpen() {
	d, err := config.Open("", core.WithEnviron(func(string) (string, bool) { return "", false }), core.WithStateDir("testdata/none"))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	defer d.Close(ctx)
	for name := range d.Stats().Sinks {
		fmt.Println(name)
	}
	// Output: log
}

func ExampleLoad() {
	_, problems := config.Load([]byte("sinks:\n  log:\n    fromat: json\n    timeout: fast\n"), config.Options{})
	fmt.Println(problems.Error())
	// Output:
	// sinks.yaml:3:5: unknown key "fromat" (did you mean "format"?)
	// sinks.yaml:4:14: timeout: want a duration such as 500ms, 10s or 15m, got "fast"
}
