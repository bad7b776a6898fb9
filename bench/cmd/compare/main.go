// Command compare measures headgate beside its peers, and keeps the documentation of that.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/headgate-dev/headgate/bench/internal/load"
	"github.com/headgate-dev/headgate/bench/internal/tally"
)

const usage = `usage: compare COMMAND [FLAGS]

  run       measure, write results/results.json and fill in docs/performance.md
  document  fill in docs/performance.md from results/results.json; with -check, tell whether it is
  list      list the tables

"compare COMMAND -h" tells the flags. sink and load are what run starts.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := dispatch(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func dispatch(ctx context.Context, args []string) error {
	if len(args) == 0 {
		fmt.Fprint(os.Stderr, usage)
		return errors.New("which command?")
	}
	switch command, args := args[0], args[1:]; command {
	case "run":
		return measure(ctx, args)
	case "document":
		return document(args)
	case "list":
		return list()
	case "sink":
		return sink(args)
	case "load":
		return load.Main()
	default:
		fmt.Fprint(os.Stderr, usage)
		return fmt.Errorf("there is no command %q", command)
	}
}

func sink(args []string) error {
	flags := flag.NewFlagSet("sink", flag.ContinueOnError)
	events := flags.Int("events", 0, "how many events there are to be counted")
	board := flags.String("board", "", "the file of the board")
	if err := flags.Parse(args); err != nil {
		return err
	}
	return tally.Main(*events, *board)
}
