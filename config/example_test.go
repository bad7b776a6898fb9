package config_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/core"
)

// quiet keeps an example from reading the machine it runs on.
func quiet() []core.Option {
	return []core.Option{
		core.WithEnviron(func(string) (string, bool) { return "", false }),
		core.WithStateDir(filepath.Join(os.TempDir(), "headgate-example")),
	}
}

// A program opens its configuration once. An empty path stands for no file: events
// become lines on standard error.
func ExampleOpen() {
	d, err := config.Open("", quiet()...)
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

// A program that wants to look at its configuration, or to add to it, loads it first and makes
// its dispatcher then.
func ExampleFile() {
	file, problems := config.Load([]byte(`
app: {name: acme}
sinks:
  log: {path: stdout}
`), config.Options{})
	if problems != nil {
		log.Fatal(problems)
	}
	cfg := file.Core()
	cfg.App.Version = "1.2.3" // known to the program better than to its file
	cfg.Sinks = append(cfg.Sinks, core.SinkConfig{
		Name: "console", Reach: core.ReachLocal,
		Sink: core.SinkFunc(func(_ context.Context, batch []core.Sealed) error {
			fmt.Println("seen:", batch[0].Name(), string(batch[0].Context().Raw()))
			return nil
		}),
	})

	d, err := core.New(cfg, quiet()...)
	if err != nil {
		log.Fatal(err)
	}
	_ = d.Track(context.Background(), "started", slog.String("edition", "pro"))
	_ = d.Close(context.Background())
	// Unordered output:
	// [TELEMETRY] Endpoint: started
	// [TELEMETRY] Payload: {"edition":"pro"}
	// seen: started {"app":{"name":"acme","version":"1.2.3"}}
}

// What a file says, and what it leaves at its default, is in the settings.
func ExampleSettings() {
	file, problems := config.Load([]byte(`
app: {name: acme, version: 1.2.3}
privacy: {sanitize: strict, allow_keys: [plan]}
queue: {on_full: drop_newest}
server:
  cors: {allowed_origins: ["https://app.example.com"]}
  tls: {cert_file: front.pem, key_file: front.key}
`), config.Options{})
	if problems != nil {
		log.Fatal(problems)
	}
	s := file.Settings
	fmt.Println(s.App.Name, s.App.Version, s.Privacy.Sanitize, s.Privacy.AllowKeys)
	fmt.Println(s.Queue.Type, s.Queue.MaxBytes, s.Queue.OnFull)
	fmt.Println(s.Server.Listen, s.Server.CORS.AllowedOrigins, s.Server.TLS.CertFile)
	fmt.Println(s.Admin.Listen, s.Admin.Prometheus)
	// Output:
	// acme 1.2.3 strict [plan]
	// memory 64MiB drop_newest
	// 127.0.0.1:8430 [https://app.example.com] front.pem
	// 127.0.0.1:8431 true
}

// A file can be read in another environment than the process's, or where its secrets are not.
func ExampleOptions() {
	text := []byte("sinks:\n  http:\n    url: https://${HOST}/in\n    bearer_token: ${TOKEN}\n")

	_, problems := config.Load(text, config.Options{LookupEnv: func(name string) (string, bool) { return "example.com", name == "HOST" }})
	fmt.Println(problems)
	file, problems := config.Load(text, config.Options{Tolerant: true, LookupEnv: func(string) (string, bool) { return "", false }})
	fmt.Println(file != nil, len(problems))
	// Output:
	// sinks.yaml:4:19: environment variable TOKEN is not set; set it, or give a default with ${TOKEN:-value}
	// true 0
}
