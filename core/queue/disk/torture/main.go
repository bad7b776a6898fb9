// Command torture ends processes that use a log on disk, and cuts the power of simulated
// machines that do, at random moments, and counts what the log has lost by it: nothing, or the exit
// status is 1.
package main

import (
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/headgate-dev/headgate/core/queue/disk/internal/torture"
)

func main() {
	torture.Child() // the processes that are ended are this program, too
	kills := flag.Int("kills", 200, "processes to kill")
	images := flag.Int("images", 500, "losses of power to simulate, and as many with syncs that fail")
	seed := flag.Uint64("seed", uint64(time.Now().UnixNano()), "seed of what is drawn at random")
	dir := flag.String("dir", "", "directory of the log of the processes that are killed (default: one that is removed)")
	flag.Parse()
	if err := run(*kills, *images, *seed, *dir); err != nil {
		fmt.Fprintln(os.Stderr, "torture:", err)
		os.Exit(1)
	}
}

func run(kills, images int, seed uint64, dir string) error {
	fmt.Printf("seed %d\n", seed)
	if dir == "" {
		made, err := os.MkdirTemp("", "headgate-torture-")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(made) }()
		dir = made
	}
	every := func(n int, count func(torture.Tally) int) func(torture.Tally) {
		return func(t torture.Tally) {
			if count(t)%n == 0 {
				fmt.Printf("  … %v\n", t)
			}
		}
	}
	countKills := func(t torture.Tally) int { return t.Kills }
	countImages := func(t torture.Tally) int { return t.Images }
	parts := []struct {
		name string
		run  func() (torture.Tally, error)
	}{
		{"kill -9", torture.Kill{
			Dir: dir, Kills: kills, Seed: seed, Min: 50 * time.Millisecond, Max: 750 * time.Millisecond,
			Progress: every(20, countKills),
		}.Run},
		{"loss of power", torture.Power{Images: images, Seed: seed, Progress: every(100, countImages)}.Run},
		{"failed syncs, then loss of power", torture.Power{
			Images: images, Seed: seed, FailSync: 40, Progress: every(100, countImages),
		}.Run},
	}
	failed := false
	for _, part := range parts {
		fmt.Println(part.name)
		tally, err := part.run()
		if err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		fmt.Printf("  %v\n", tally)
		failed = failed || tally.Failed()
	}
	if failed {
		return fmt.Errorf("something was lost; repeat it with -seed %d", seed)
	}
	return nil
}
