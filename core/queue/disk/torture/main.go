// Command torture ends processes that use a log on disk, cuts the power of simulated machines
// that do, and spoils files of logs, all at random, and counts what the log has lost by it: nothing that
// it had acknowledged, but for what was spoiled, which is counted; or the exit status is 1.
//
// A long run can be made in pieces: each prints its total, and adds those of earlier ones that are
// given on its standard input to it.
//
//	go run ./core/queue/disk/torture -kills 100 -images 0 -spoil 0 | tee first
//	go run ./core/queue/disk/torture -kills 100 -add < first
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/headgate-dev/headgate/core/queue/disk/internal/torture"
)

// totalPrefix begins the line that can be added up.
const totalPrefix = "total "

func main() {
	torture.Child() // the processes that are ended are this program, too
	var o options
	flag.IntVar(&o.kills, "kills", 200, "processes to kill, and a quarter as many with a log that is synced now and then")
	flag.IntVar(&o.images, "images", 500, "losses of power to simulate, and as many with syncs that fail")
	flag.IntVar(&o.spoil, "spoil", 500, "files to spoil")
	flag.Uint64Var(&o.seed, "seed", uint64(time.Now().UnixNano()), "seed of what is drawn at random")
	flag.StringVar(&o.dir, "dir", "", "directory of the logs of the processes that are killed (default: one that is removed)")
	flag.BoolVar(&o.add, "add", false, "add the totals of earlier runs, read from standard input")
	flag.Parse()
	if err := o.run(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "torture:", err)
		os.Exit(1)
	}
}

type options struct {
	kills, images, spoil int
	seed                 uint64
	dir                  string
	add                  bool
}

// part is one kind of torture.
type part struct {
	name string
	run  func() (torture.Tally, error)
}

func (o options) run(earlier io.Reader) error {
	fmt.Printf("seed %d\n", o.seed)
	if o.dir == "" {
		made, err := os.MkdirTemp("", "headgate-torture-")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(made) }()
		o.dir = made
	}
	var total torture.Tally
	for _, p := range o.parts() {
		fmt.Println(p.name)
		tally, err := p.run()
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		fmt.Printf("  %v\n", tally)
		total.Add(tally)
	}
	failed := total.Failed()
	if o.add {
		if err := addEarlier(&total, earlier); err != nil {
			return err
		}
		fmt.Printf("all together\n  %v\n", total)
	}
	line, err := json.Marshal(total)
	if err != nil {
		return err
	}
	fmt.Printf("%s%s\n", totalPrefix, line)
	if failed {
		return fmt.Errorf("something was lost; repeat it with -seed %d", o.seed)
	}
	return nil
}

func (o options) parts() (parts []part) {
	kill := torture.Kill{
		Dir: o.dir + "/batch", Kills: o.kills, Seed: o.seed, Min: 50 * time.Millisecond, Max: 750 * time.Millisecond,
		Progress: every(20, func(t torture.Tally) int { return t.Kills }),
	}
	power := torture.Power{Images: o.images, Seed: o.seed, Progress: every(100, func(t torture.Tally) int { return t.Images })}
	if o.kills > 0 {
		now := kill
		now.Dir, now.Kills, now.Interval = o.dir+"/interval", (o.kills+3)/4, true
		parts = append(parts, part{"kill -9", kill.Run}, part{"kill -9, synced now and then", now.Run})
	}
	if o.images > 0 {
		failing := power
		failing.FailSync = 40
		parts = append(parts, part{"loss of power", power.Run}, part{"failed syncs, then loss of power", failing.Run})
	}
	if o.spoil > 0 {
		damage := torture.Damage{Images: o.spoil, Seed: o.seed, Progress: every(100, func(t torture.Tally) int { return t.Spoiled })}
		parts = append(parts, part{"spoiled files", damage.Run})
	}
	return parts
}

// every reports progress at every n-th of what is counted.
func every(n int, count func(torture.Tally) int) func(torture.Tally) {
	return func(t torture.Tally) {
		if count(t)%n == 0 {
			fmt.Printf("  … %v\n", t)
		}
	}
}

// addEarlier adds the totals that earlier runs have printed.
func addEarlier(total *torture.Tally, from io.Reader) error {
	lines := bufio.NewScanner(from)
	for lines.Scan() {
		line, ok := strings.CutPrefix(lines.Text(), totalPrefix)
		if !ok {
			continue
		}
		var t torture.Tally
		if err := json.Unmarshal([]byte(line), &t); err != nil {
			return fmt.Errorf("%s%s: %w", totalPrefix, line, err)
		}
		total.Add(t)
	}
	return lines.Err()
}
