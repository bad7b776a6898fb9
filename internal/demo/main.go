// Demo starts the headgate daemon with a receiver of its own behind the http sink,
// posts a few events, one of them with a secret in it, and shows what became of them:
// the fan-out, the redaction and the books. "make run" runs it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

func main() {
	var o options
	flag.StringVar(&o.headgate, "headgate", "bin/headgate", "the headgate `binary`")
	flag.StringVar(&o.config, "config", "examples/config/quickstart.yaml", "the configuration `file`")
	flag.StringVar(&o.database, "database", "headgate.db", "the `file` of the warehouse sink, which is kept")
	flag.BoolVar(&o.once, "once", false, "stop after the demonstration")
	flag.Parse()

	// Ctrl-C reaches the daemon as well, which then drains; here it only ends the waiting.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := o.run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

type options struct {
	headgate, config, database string
	once                       bool
}

// run is the demonstration.
func (o options) run(ctx context.Context, out io.Writer) (err error) {
	out = &lockedWriter{w: out}
	receiver, err := startReceiver()
	if err != nil {
		return err
	}
	defer receiver.close()
	d, err := startDaemon(ctx, o, receiver.url, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.stop(ctx)) }()

	secret := newSecret()
	if err := post(ctx, d.Listen, secret, out); err != nil {
		return err
	}
	if err := d.settle(ctx, accepted); err != nil {
		return err
	}
	if err := show(ctx, o, d, receiver, secret, out); err != nil {
		return err
	}
	if o.once {
		return nil
	}
	fmt.Fprintf(out, `
The daemon goes on. Send it an event:

  curl -d '{"name":"signup","properties":{"plan":"pro"}}' -H 'Content-Type: application/json' %s/v1/events

Ctrl-C stops it.
`, d.Listen)
	select {
	case <-ctx.Done():
		return nil
	case <-d.exited:
		return errors.New("the daemon has ended by itself")
	}
}

// lockedWriter lets the daemon's output and the demonstration's share a writer.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}
