package usage_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/usage"
)

// printing stands for the sinks of a program. What differs from run to run is left out.
var printing = core.SinkFunc(func(_ context.Context, batch []core.Sealed) error {
	for _, event := range batch {
		var shown []string
		for key, value := range event.Props().All() {
			if key != "timestamp" && key != "os" && key != "stackTraceHash" {
				shown = append(shown, key+"="+string(value.Raw()))
			}
		}
		fmt.Println(event.Name(), strings.Join(shown, " "))
	}
	return nil
})

// dispatcher makes a dispatcher that does not look at the machine the example runs on.
func dispatcher(app core.App) *core.Dispatcher {
	d, err := core.New(core.Config{App: app, Sinks: []core.SinkConfig{{Name: "stdout", Sink: printing, Reach: core.ReachLocal}}},
		core.WithEnviron(environ{}.lookup), core.WithStateDir(os.TempDir()+"/headgate-usage-example"))
	if err != nil {
		panic(err)
	}
	return d
}

// A program starts the service, logs what happens, and closes it.
func Example() {
	app := core.App{Name: "langflow", Version: "1.8.0"}
	s := usage.New(dispatcher(app), usage.Options{
		App: app, Platform: "python_package", Lookup: environ{}.lookup,
		Version: usage.Version{Platform: "Linux-6.1.0", Arch: "64bit", AutoLogin: new(false)},
	})
	ctx := context.Background()
	_ = s.Start(ctx)
	_ = s.LogRun(ctx, usage.Run{Seconds: 45, Success: true, ErrorMessage: new("")}) // set, and empty
	_ = s.LogComponent(ctx, usage.Component{Name: "ChatInput", Seconds: 2, Success: true})
	_ = s.Close(ctx)
	// Output:
	// version arch="64bit" autoLogin=false clientType="oss" package="langflow" platform="Linux-6.1.0" version="1.8.0"
	// run clientType="oss" langflow_version="1.8.0" platform="python_package" runErrorMessage="" runSeconds=45 runSuccess=true
	// component clientType="oss" componentName="ChatInput" componentSeconds=2 componentSuccess=true langflow_version="1.8.0" platform="python_package"
	// shutdown clientType="oss" langflow_version="1.8.0" platform="python_package" timeRunning=0
}

// Step 1: a struct whose json tags name the properties. A pointer with omitempty may be left out.
type fileUploaded struct {
	Bytes   int64   `json:"fileBytes"`
	Seconds float64 `json:"uploadSeconds"`
	FlowID  *string `json:"flowId,omitempty"`
}

// Step 2: its name, so that it can be emitted. Without one it is logged by name: s.Log(ctx,
// "file_uploaded", payload).
func (fileUploaded) EventName() string { return "file_uploaded" }

// An event of one's own takes three steps, and none of them is in this package.
func Example_customEvent() {
	s := usage.New(dispatcher(core.App{}), usage.Options{Lookup: environ{}.lookup})
	ctx := context.Background()

	// Step 3: the call.
	_ = s.Emit(ctx, fileUploaded{Bytes: 1024, Seconds: 0.5})
	_ = s.Log(ctx, "custom_event", map[string]any{"eventName": "opened", "eventSuccess": true})
	_ = s.Close(ctx)
	// Output:
	// file_uploaded clientType="oss" fileBytes=1024 uploadSeconds=0.5
	// custom_event clientType="oss" eventName="opened" eventSuccess=true
}

// A program that wants its service from wherever it asks keeps it in a variable of its own.
func ExampleNew_shared() {
	telemetry := sync.OnceValue(func() *usage.Service {
		return usage.New(dispatcher(core.App{}), usage.Options{Lookup: environ{}.lookup})
	})
	ctx := context.Background()
	_ = telemetry().LogRun(ctx, usage.Run{Seconds: 1, Success: true})
	_ = telemetry().LogRun(ctx, usage.Run{Seconds: 2})
	_ = telemetry().Close(ctx)
	// Output:
	// run clientType="oss" runSeconds=1 runSuccess=true
	// run clientType="oss" runSeconds=2 runSuccess=false
}

// What panics is reported where it is recovered, and panics on.
func ExampleService_LogPanic() {
	s := usage.New(dispatcher(core.App{}), usage.Options{Lookup: environ{}.lookup})
	ctx := context.Background()
	func() {
		defer func() {
			_ = recover() // of the example
		}()
		defer func() {
			if r := recover(); r != nil {
				_ = s.LogPanic(ctx, r, "handler")
				panic(r)
			}
		}()
		panic("no such flow")
	}()
	_ = s.Close(ctx)
	// Output:
	// exception clientType="oss" exceptionContext="handler" exceptionMessage="no such flow" exceptionType="string"
}
