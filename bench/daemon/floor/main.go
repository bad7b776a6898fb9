// Command floor is what it costs at least to take events over HTTP and to send them on: net/http reads each body, and
// posts several of them at once as they came. Nothing is looked at, cleaned, kept or repeated.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/headgate-dev/headgate/bench/internal/post"
)

// settings are in the file that is the argument.
type settings struct {
	Listen   string `json:"listen"`
	Sink     string `json:"sink"`
	Together int    `json:"together"` // how many bodies are sent at once
}

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(file string) error {
	var s settings
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return err
	}
	f := &floor{settings: s, bodies: make(chan *bytes.Buffer, 800)}
	server := &http.Server{Addr: s.Listen, Handler: f}
	failed := make(chan error, 2)
	go func() { failed <- f.send() }()
	go func() { failed <- server.ListenAndServe() }()
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer cancel()
	select {
	case err := <-failed:
		return err
	case <-stop.Done():
		return server.Close()
	}
}

// floor hands bodies to a goroutine that sends them.
type floor struct {
	settings
	bodies chan *bytes.Buffer
	spare  sync.Pool
}

// ServeHTTP takes a body, of which it answers that it has come.
func (f *floor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, _ := f.spare.Get().(*bytes.Buffer)
	if b == nil {
		b = new(bytes.Buffer)
	}
	b.Reset()
	b.Grow(int(r.ContentLength) + bytes.MinRead) // these senders tell the truth
	if _, err := b.ReadFrom(r.Body); err != nil {
		http.Error(w, "the body could not be read", http.StatusBadRequest)
		return
	}
	f.bodies <- b
}

// send sends bodies, so many at once, or as many as there are.
func (f *floor) send() error {
	web := &http.Client{Transport: &http.Transport{}}
	var batch bytes.Buffer
	for b := range f.bodies {
		batch.Reset()
		for n := 1; b != nil; n++ {
			batch.Write(b.Bytes())
			f.spare.Put(b)
			b = nil
			if n < f.Together {
				select {
				case b = <-f.bodies:
				default:
				}
			}
		}
		if err := post.Batch(web, f.Sink, batch.Bytes()); err != nil {
			return err
		}
	}
	return nil
}
