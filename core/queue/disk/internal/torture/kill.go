package torture

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"time"
)

// Kill runs processes that append to one log and deliver from it, and kills them.
type Kill struct {
	Dir   string
	Kills int
	Seed  uint64
	// Min and Max bound how long a process lives.
	Min, Max time.Duration
	// Interval is for a log that is synced now and then only.
	Interval bool
	// Progress is called after each kill.
	Progress func(Tally)
}

// ledger is what the parent knows of every record.
type ledger struct {
	tally     Tally
	acked     [][]bool        // by cycle and producer, then number
	delivered [sinks][][]byte // how often, likewise
	repeated  [sinks]int      // in this cycle
}

// Run kills, lets a last process deliver the rest, and compares.
func (k Kill) Run() (Tally, error) {
	rng := rand.New(rand.NewPCG(k.Seed, 2))
	l := &ledger{}
	for cycle := range k.Kills {
		w := work{Dir: k.Dir, Cycle: cycle, Seed: k.Seed + uint64(cycle), Down: cycle%3 != 2, Interval: k.Interval}
		life := k.Min + time.Duration(rng.Int64N(int64(k.Max-k.Min)+1))
		if err := l.run(w, life); err != nil {
			return l.tally, fmt.Errorf("cycle %d: %w", cycle, err)
		}
		l.tally.Kills++
		if k.Progress != nil {
			k.Progress(l.tally)
		}
	}
	if err := l.run(work{Dir: k.Dir, Cycle: k.Kills, Drain: true, Interval: k.Interval}, 0); err != nil {
		return l.tally, fmt.Errorf("the last process: %w", err)
	}
	l.compare()
	return l.tally, nil
}

// run runs a process, and kills it after a time unless that is zero.
func (l *ledger) run(w work, life time.Duration) error {
	encoded, err := json.Marshal(w)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childVariable+"="+string(encoded))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	dieWithParent(cmd)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	l.repeated = [sinks]int{}
	killed := make(chan struct{})
	listen(out, func(kind byte, sink int, values []uint64) {
		if kind == tellReady && life > 0 {
			go func() {
				defer close(killed)
				time.Sleep(life)
				_ = cmd.Process.Kill() // unless it has ended by itself, which is told of below
			}()
		}
		l.hear(kind, sink, values)
	})
	err = cmd.Wait()
	if life == 0 {
		if err != nil {
			return fmt.Errorf("%w: %s", err, stderr.Bytes())
		}
	} else if cmd.ProcessState.Exited() {
		return fmt.Errorf("it ended before it was killed: %s", stderr.Bytes())
	} else {
		<-killed
	}
	for sink, n := range l.repeated {
		l.tally.Duplicates += n
		l.tally.Most = max(l.tally.Most, n)
		if n > inHand[sink] {
			l.tally.Beyond++
		}
	}
	return nil
}

// hear takes note of what a process tells.
func (l *ledger) hear(kind byte, sink int, values []uint64) {
	switch kind {
	case tellReady:
		l.tally.SlowestOpen = max(l.tally.SlowestOpen, time.Duration(values[0]).Seconds())
	case tellAcked:
		for _, id := range values {
			*at(&l.acked, id) = true
		}
		l.tally.Acked += len(values)
	case tellDelivered:
		for _, id := range values {
			n := at(&l.delivered[sink], id)
			if *n > 0 {
				l.repeated[sink]++
			}
			*n = min(*n+1, 100)
		}
	case tellLoss:
		l.tally.Damaged += int(values[0] + values[1])
	case tellCorrupt:
		l.tally.Corrupt += len(values)
	}
}

// at returns the entry of a record.
func at[T any](table *[][]T, id uint64) *T {
	row, n := int(id>>40)*producers+int(id>>32&0xff), int(id&0xffffffff)
	for len(*table) <= row {
		*table = append(*table, nil)
	}
	for len((*table)[row]) <= n {
		(*table)[row] = append((*table)[row], *new(T))
	}
	return &(*table)[row][n]
}

// compare counts what was acknowledged and not delivered. A producer's records are appended
// in order, so that no more than one group behind the last acknowledged can have been.
func (l *ledger) compare() {
	for row, numbers := range l.acked {
		for n, acked := range numbers {
			if !acked {
				continue
			}
			for sink := range sinks {
				if row >= len(l.delivered[sink]) || n >= len(l.delivered[sink][row]) || l.delivered[sink][row][n] == 0 {
					l.tally.Lost++
				}
			}
		}
	}
	const group = 60
	for sink := range sinks {
		for row, numbers := range l.delivered[sink] {
			acked := 0
			if row < len(l.acked) {
				acked = len(l.acked[row])
			}
			l.tally.Phantom += max(0, len(numbers)-acked-group)
		}
	}
}
