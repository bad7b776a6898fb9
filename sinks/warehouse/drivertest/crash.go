package drivertest

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/sinks/warehouse"
)

const (
	childPlace = "HEADGATE_DRIVERTEST_PLACE" // environment of a child process
	childStart = "HEADGATE_DRIVERTEST_START"
	childTime  = "HEADGATE_DRIVERTEST_TIME"

	crashes    = 5
	crashBatch = 50
	acked      = "acked "
)

// child writes batch after batch until it is killed, if this is the process to do so.
func (h Harness) child(t *testing.T) bool {
	place, ok := os.LookupEnv(childPlace)
	if !ok {
		return false
	}
	start, err := strconv.Atoi(os.Getenv(childStart))
	if err != nil {
		t.Fatal(err)
	}
	d := h.Open(t, place, warehouse.SchemaCreate)
	if err := d.EnsureSchema(h.within(t)); err != nil {
		t.Fatal(err)
	}
	for n := start; ; n++ {
		h.write(t, d, crashRows(n))
		fmt.Printf("%s%d\n", acked, n)
	}
}

// crashRows are the rows of the nth batch.
func crashRows(n int) []warehouse.Row { return rows(fmt.Sprint("batch-", n), crashBatch) }

func killed(t *testing.T, h Harness) {
	if h.NoCrash != "" {
		t.Skip(h.NoCrash)
	}
	place := h.New(t)
	next := 0
	for round := range crashes {
		last := h.crash(t, place, next, 2+3*round)
		// Each process begins with what its predecessor was the last to report, as a queue does
		// whose cursor was not written yet, and with what it may have written unreported.
		next = max(last, 0)
		h.expectBatches(t, place, last)
	}
	d := h.open(t, place, warehouse.SchemaCreate)
	if err := d.EnsureSchema(h.within(t)); err != nil {
		t.Fatalf("EnsureSchema after a crash: %v", err)
	}
	for n := next; n < next+3; n++ {
		h.write(t, d, crashRows(n))
	}
	h.expectBatches(t, place, next+2)
}

// crash runs a child from a batch on and kills it after it has reported some. It
// returns the last that was reported.
func (h Harness) crash(t *testing.T, place string, start, reports int) (last int) {
	t.Helper()
	name := strings.SplitN(t.Name(), "/", 2)[0]
	cmd := exec.Command(os.Args[0], "-test.run=^"+regexp.QuoteMeta(name)+"$", "-test.v=false")
	cmd.Env = append(os.Environ(), childPlace+"="+place, fmt.Sprintf("%s=%d", childStart, start), childTime+"="+started.Format(time.RFC3339Nano))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	last = start - 1
	var said []string
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		n, ok := strings.CutPrefix(lines.Text(), acked)
		if !ok {
			said = append(said, lines.Text())
			continue
		}
		if last, err = strconv.Atoi(n); err != nil {
			t.Fatal(err)
		}
		if reports--; reports == 0 {
			_ = cmd.Process.Kill() // SIGKILL; what follows was reported in the meantime
		}
	}
	_ = cmd.Wait() // it was killed
	if reports > 0 {
		t.Fatalf("the child process ended by itself: %s", strings.Join(said, "\n"))
	}
	return last
}

// expectBatches checks that every batch up to last is whole and there once, and of
// later ones no row twice.
func (h Harness) expectBatches(t *testing.T, place string, last int) {
	t.Helper()
	seen := map[string]int{}
	for _, row := range h.Rows(t, place) {
		if seen[row.ID]++; seen[row.ID] == 2 {
			t.Errorf("row %q is there twice: what a crash left unreported is written again", row.ID)
		}
	}
	for n := 0; n <= last; n++ {
		for _, row := range crashRows(n) {
			if seen[row.ID] == 0 {
				t.Fatalf("batch %d was reported as written, then the process was killed, and row %q is not there: the dispatcher has forgotten it", n, row.ID)
			}
		}
	}
}
