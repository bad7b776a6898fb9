package suite

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"text/template"
	"time"

	"github.com/headgate-dev/headgate/bench/internal/load"
	"github.com/headgate-dev/headgate/bench/internal/meter"
)

// daemon is something that events are sent to over HTTP.
type daemon struct {
	program, module string
	config          string // a template below configs
	path            string // of the URL that events are sent to
	format          load.Format
	// args are those of the program, with the file of its configuration and the address to listen on.
	args func(config, listen string) []string
}

//go:embed configs
var configs embed.FS

var (
	floorDaemon = daemon{
		program: "daemon/floor", config: "floor.json", path: "/", format: load.Array,
		args: func(config, _ string) []string { return []string{config} },
	}
	headgateDaemon = daemon{
		program: "daemon/headgate", config: "headgate.yaml", path: "/v1/events", format: load.Array,
		args: func(config, listen string) []string {
			return []string{"run", "--config", config, "--listen", listen, "--admin-listen", "127.0.0.1:0"}
		},
	}
	collector = daemon{
		program: "daemon/otelcol", module: "go.opentelemetry.io/collector/otelcol", config: "otelcol.yaml", path: "/v1/logs", format: load.OTLP,
		args: func(config, _ string) []string { return []string{"--config", "file:" + config} },
	}
	collectorJSON = daemon{program: collector.program, module: collector.module, config: collector.config, path: collector.path, format: load.OTLPJSON, args: collector.args}
	benthos       = daemon{
		program: "daemon/benthos", module: "github.com/redpanda-data/benthos/v4", config: "benthos.yaml", path: "/events", format: load.Array,
		args: func(config, _ string) []string { return []string{"run", config} },
	}
	telegraf = daemon{
		program: "daemon/telegraf", module: "github.com/influxdata/telegraf", config: "telegraf.toml", path: "/events", format: load.Array,
		args: func(config, _ string) []string { return []string{config} },
	}
)

// setting is how a daemon is used.
type setting struct {
	Sinks           []string
	Durable         bool // it acknowledges what is on stable storage
	Batched         bool // the Collector forms batches for its sinks anew
	EndToEnd        bool // Benthos acknowledges what the sinks have taken
	Batch           int
	Listen, Dir     string
	senders, events int
	inRequest       int
}

// start starts the daemon and returns when it can be reached.
func (d daemon) start(ctx context.Context, r *run, s setting) (cmd *exec.Cmd, trouble *bytes.Buffer, err error) {
	file := filepath.Join(r.dir, d.config)
	t, err := template.ParseFS(configs, "configs/"+d.config+".tmpl")
	if err != nil {
		return nil, nil, err
	}
	var text bytes.Buffer
	if err := t.Execute(&text, s); err != nil {
		return nil, nil, err
	}
	if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
		return nil, nil, err
	}
	cmd, trouble = r.command(ctx, r.program(d.program), d.args(file, s.Listen)...), new(bytes.Buffer)
	cmd.Dir, cmd.Stderr, cmd.Stdout = s.Dir, trouble, trouble
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		conn, err := net.Dial("tcp", s.Listen)
		if err == nil {
			return cmd, trouble, conn.Close()
		}
		if time.Now().After(deadline) {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			return nil, nil, fmt.Errorf("%s does not listen: %s", d.program, firstLine(trouble.Bytes()))
		}
	}
}

// finish stops the daemon.
func finish(cmd *exec.Cmd) error {
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case err := <-done:
		return err
	case <-time.After(20 * time.Second):
		_ = cmd.Process.Kill()
		<-done
		return errors.New("it did not end in 20 s")
	}
}

// runDaemon measures a daemon once.
func (b *Bench) runDaemon(ctx context.Context, label string, d daemon, sinks int, s setting) (figures map[string]float64, err error) {
	s.events = b.scaled(s.events)
	r, err := b.start(ctx, label, s.events)
	if err != nil {
		return nil, err
	}
	defer r.stop()
	if err := r.place(&s, sinks); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd, trouble, err := d.start(ctx, r, s)
	if err != nil {
		return nil, err
	}
	defer func() {
		if e := finish(cmd); e != nil && err == nil {
			figures, err = nil, fmt.Errorf("%w: %s", e, firstLine(trouble.Bytes()))
		}
	}()
	return r.measureDaemon(ctx, cmd.Process.Pid, d, sinks, s)
}

// place gives a daemon what it has in this run: its sinks, a directory and an address.
func (r *run) place(s *setting, sinks int) (err error) {
	s.Sinks, s.Batch = r.sink.ready.Sinks[:sinks], batchSize
	if s.EndToEnd {
		s.Batch = s.inRequest // a batch of several requests would wait for the next
	}
	if s.Dir, err = r.mkdir("data"); err != nil {
		return err
	}
	s.Listen, err = freeAddress()
	return err
}

// measureDaemon sends everything, and waits until it has come to the sinks.
func (r *run) measureDaemon(ctx context.Context, pid int, d daemon, sinks int, s setting) (map[string]float64, error) {
	before, err := meter.CPUOf(pid)
	if err != nil {
		return nil, err
	}
	a, err := ask[load.Report](ctx, r.Bench, load.Setup{
		URL: "http://" + s.Listen + d.path, Format: d.format, Board: r.path, Sinks: sinks,
		Events: s.events, Senders: s.senders, Batch: s.inRequest, Window: 5 * window, Patience: 30 * time.Second,
	}, r.self, "load")
	if err != nil {
		return nil, err
	}
	r.awaitArrival(sinks)
	after, err := meter.CPUOf(pid)
	if err != nil {
		return nil, err
	}
	peak, err := meter.PeakMemory(pid)
	if err != nil {
		return nil, err
	}
	account, err := r.sink.account()
	if err != nil {
		return nil, err
	}
	if err := whole(account, sinks, s.events); err != nil {
		return nil, err
	}
	last, n := int64(0), float64(s.events)
	for i := range sinks {
		last = max(last, r.board.Last(i))
	}
	return map[string]float64{
		"acknowledged": float64(a.Acknowledged) / a.Took.Seconds(), "delivered": n / time.Duration(last-a.Start).Seconds(),
		"cpu": (after - before).Seconds() / n * 1e6, "peak": float64(peak), "p50": float64(a.P50), "p99": float64(a.P99),
		"again": float64(a.Again), "sink": account.CPU.Seconds() / n * 1e6,
	}, nil
}

// awaitArrival waits until all has come to the sinks, or nothing more comes.
func (r *run) awaitArrival(sinks int) {
	const quiet = 5 * time.Second
	at, since := -1, time.Now()
	for time.Since(since) < quiet {
		now := r.board.Least(sinks)
		if now >= r.events {
			return
		}
		if now != at {
			at, since = now, time.Now()
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// freeAddress returns an address that nobody listens on. Its port is none that the system gives to whoever
// connects: waiting for a daemon there would now and then connect to itself.
func freeAddress() (string, error) {
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", 20_000+rand.IntN(12_000))
		if l, err := net.Listen("tcp", address); err == nil {
			return address, l.Close()
		}
	}
	return "", errors.New("there is no free port from 20000 to 32000")
}
