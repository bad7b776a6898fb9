//go:build unix

package cli_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/headgate-dev/headgate/cli"
)

// A program of one's own serves what it likes at /metrics of the daemon; metrics/selfmetrics has what the headgate
// command serves.
func ExampleWithMetrics() {
	dir, err := os.MkdirTemp("", "headgate-cli-example-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	ready := filepath.Join(dir, "ready.json")
	if err := os.WriteFile(filepath.Join(dir, "sinks.yaml"), []byte("app: {name: acme}\nsinks: {log: {path: stderr}}\n"), 0o600); err != nil {
		log.Fatal(err)
	}
	metrics := func(env cli.MetricsEnv) (cli.Metrics, error) {
		return cli.Metrics{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, "%s_sinks %d\n", env.App.Name, len(env.Stats().Sinks))
		})}, nil
	}

	args := os.Args
	defer func() { os.Args = args }()
	os.Args = []string{
		"acme", "run", "--quiet", "--config", filepath.Join(dir, "sinks.yaml"),
		"--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--ready-file", ready,
	}
	status := make(chan int)
	go func() { status <- cli.Main(cli.WithMetrics(metrics)) }() // a main is: os.Exit(cli.Main(…))

	fmt.Print(get(adminOf(ready) + "/metrics"))
	_ = syscall.Kill(os.Getpid(), syscall.SIGTERM)
	fmt.Println("exit status", <-status)
	// Output:
	// acme_sinks 1
	// exit status 0
}

// adminOf waits for a daemon, and returns the address of its admin listener.
func adminOf(readyFile string) string {
	for range 1000 {
		var ready struct{ Admin string }
		if text, err := os.ReadFile(readyFile); err == nil && json.Unmarshal(text, &ready) == nil {
			return ready.Admin
		}
		time.Sleep(10 * time.Millisecond)
	}
	log.Fatal("the daemon is not ready")
	return ""
}

func get(url string) string {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		log.Fatal(err)
	}
	r.Close = true
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		log.Fatal(err)
	}
	return string(text)
}
