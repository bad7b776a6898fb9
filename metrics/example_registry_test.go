package metrics_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"strings"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/metrics"
)

// Strict registries refuse labels that nobody declared, which tests want; a program may rather keep the recording.
func ExampleOptions() {
	r, err := metrics.New(metrics.Options{
		App:    core.App{Name: "acme", Version: "2.4.0"},
		Strict: true,
		Definitions: []metrics.Definition{
			{Name: "logins", Type: metrics.TypeCounter, Labels: map[string]bool{"method": true}},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer r.Shutdown(context.Background())
	err = r.IncrementCounter(context.Background(), "logins", metrics.Labels{"method": "token", "user": "u-1"})
	fmt.Println(errors.Is(err, metrics.ErrUnknownLabels))
	// Output: true
}

// Metrics on a port of their own are out of reach for who uses the program.
func ExampleListener() {
	r, err := metrics.New(metrics.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer r.Shutdown(context.Background())
	_ = r.IncrementCounter(context.Background(), "num_files_uploaded", metrics.Labels{"flow_id": "f1"})

	var listener *metrics.Listener
	listener, err = r.Listen(context.Background(), "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	defer listener.Close(context.Background())
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get("http://" + listener.Addr().String() + "/metrics")
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "num_files") {
			fmt.Println(lines.Text())
		}
	}
	// Output: num_files_uploaded_total{flow_id="f1"} 1
}

// What a dispatcher counts is scraped beside the program's own metrics.
func ExampleRegistry_ReportBooks() {
	r, err := metrics.New(metrics.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer r.Shutdown(context.Background())
	d, err := core.New(core.Config{DoNotTrack: true}, core.WithEnviron(func(string) (string, bool) { return "", false }))
	if err != nil {
		log.Fatal(err)
	}
	defer d.Close(context.Background())
	if err := r.ReportBooks(d.Stats, metrics.Build{Version: "2.4.0", Commit: "4f1c0a9"}); err != nil {
		log.Fatal(err)
	}
	_ = d.Track(context.Background(), "run")
	show(r, "headgate_tracking", `headgate_gate_events_total{verdict="denied"}`)
	// Output:
	// headgate_gate_events_total{verdict="denied"} 1
	// headgate_tracking 0
}
