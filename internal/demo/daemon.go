package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	startTimeout  = 15 * time.Second
	settleTimeout = 15 * time.Second
	stopTimeout   = 15 * time.Second
	signalTimeout = 500 * time.Millisecond
	pollEvery     = 20 * time.Millisecond
)

// client closes its connections, so that the daemon need not wait for them.
var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}

// daemon is a running "headgate run".
type daemon struct {
	Listen string `json:"listen"`
	Admin  string `json:"admin"`

	cmd    *exec.Cmd
	dir    string        // removed when it has ended
	exited chan struct{} // closed when it has ended
	err    error         // of its end

	mu      sync.Mutex
	printed strings.Builder
}

// startDaemon starts the daemon on free ports and waits until it is ready. What it
// prints goes to out, marked as its own.
func startDaemon(ctx context.Context, o options, receiver string, out io.Writer) (*daemon, error) {
	dir, err := os.MkdirTemp("", "headgate-demo-")
	if err != nil {
		return nil, err
	}
	ready := filepath.Join(dir, "ready.json")
	d := &daemon{dir: dir, exited: make(chan struct{})}
	d.cmd = exec.Command(o.headgate, "run", "--config", o.config,
		"--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--ready-file", ready)
	d.cmd.Env = append(os.Environ(), "QUICKSTART_URL="+receiver+"/{event}", "QUICKSTART_DIR="+dir, "QUICKSTART_DB="+o.database)
	lines, w := io.Pipe()
	d.cmd.Stdout, d.cmd.Stderr = w, w
	if err := d.cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start the daemon: %w", err), os.RemoveAll(dir))
	}
	var printing sync.WaitGroup
	printing.Go(func() {
		for s := bufio.NewScanner(lines); s.Scan(); {
			fmt.Fprintf(out, "daemon | %s\n", s.Text())
			d.mu.Lock()
			d.printed.WriteString(s.Text() + "\n")
			d.mu.Unlock()
		}
		_, _ = io.Copy(io.Discard, lines) // a line too long to print
	})
	go func() {
		defer close(d.exited)
		d.err = d.cmd.Wait()
		_ = w.Close()
		printing.Wait()
	}()
	if err := d.awaitReady(ctx, ready); err != nil {
		return nil, errors.Join(err, d.stop(ctx))
	}
	return d, nil
}

// output returns what the daemon has printed so far.
func (d *daemon) output() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.printed.String()
}

func (d *daemon) awaitReady(ctx context.Context, ready string) error {
	return d.await(ctx, startTimeout, "the daemon is not ready", func() (bool, error) {
		text, err := os.ReadFile(ready)
		if err != nil {
			return false, nil
		}
		return true, json.Unmarshal(text, d)
	})
}

// await repeats a question until the answer is yes.
func (d *daemon) await(ctx context.Context, timeout time.Duration, otherwise string, yes func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for {
		if ok, err := yes(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", otherwise, ctx.Err())
		case <-d.exited:
			return fmt.Errorf("%s: it has ended (%v)", otherwise, d.err)
		case <-time.After(pollEvery):
		}
	}
}

// status is what of GET /v1/status the demonstration needs.
type status struct {
	Books struct {
		Received uint64 `json:"received"`
		Accepted uint64 `json:"accepted"`
	} `json:"books"`
	Sinks map[string]struct {
		Delivered uint64 `json:"delivered"`
		Queued    uint64 `json:"queued"`
	} `json:"sinks"`
}

// settle waits until the daemon has accepted n events and every sink has finished them.
func (d *daemon) settle(ctx context.Context, n uint64) error {
	return d.await(ctx, settleTimeout, "the sinks have not finished", func() (bool, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.Admin+"/v1/status", nil)
		if err != nil {
			return false, err
		}
		resp, err := client.Do(req)
		if err != nil {
			return false, err
		}
		defer resp.Body.Close()
		var s status
		if err := json.NewDecoder(resp.Body).Decode(&s); err != nil {
			return false, fmt.Errorf("read the status: %w", err)
		}
		if s.Books.Accepted < n {
			return false, nil
		}
		for _, sink := range s.Sinks {
			if sink.Queued > 0 {
				return false, nil
			}
		}
		return true, nil
	})
}

// stop asks the daemon to end and waits for it. Ctrl-C reaches the daemon as well, and
// a second signal would end it at once, so it is only asked when it does not stop by itself.
func (d *daemon) stop(ctx context.Context) error {
	defer os.RemoveAll(d.dir)
	if ctx.Err() == nil || !d.stopping() {
		_ = d.cmd.Process.Signal(syscall.SIGTERM) // fails if it has ended
	}
	select {
	case <-d.exited:
		if d.err != nil {
			return fmt.Errorf("the daemon ended badly: %w", d.err)
		}
		return nil
	case <-time.After(stopTimeout):
		_ = d.cmd.Process.Kill()
		<-d.exited
		return errors.New("the daemon did not end in time")
	}
}

// stopping reports whether the daemon is ending by itself, or soon begins to.
func (d *daemon) stopping() bool {
	yes := func() (bool, error) { return strings.Contains(d.output(), "msg=stopping"), nil }
	return d.await(context.Background(), signalTimeout, "it goes on", yes) == nil
}
