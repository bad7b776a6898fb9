package engine

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/headgate-dev/headgate/bench/internal/reference"
)

func TestAGroupIsWhatCameMeanwhile(t *testing.T) {
	var mu sync.Mutex
	var sizes []int
	stored := map[string]bool{}
	began, free := make(chan struct{}), make(chan struct{})
	e := Grouped(func(recs [][]byte) error {
		mu.Lock()
		sizes = append(sizes, len(recs))
		for _, rec := range recs {
			stored[string(rec)] = true
		}
		first := len(sizes) == 1
		mu.Unlock()
		if first {
			close(began)
			<-free
		}
		return nil
	}, func() error { return nil })
	var appending sync.WaitGroup
	add := func(i int) {
		appending.Go(func() {
			if err := e.Append([][]byte{[]byte(fmt.Sprint(i))}); err != nil {
				t.Error(err)
			}
		})
	}
	add(0)
	<-began
	for i := range 50 {
		add(i + 1)
	}
	close(free)
	appending.Wait()
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, n := range sizes {
		total += n
	}
	if total != 51 || len(stored) != 51 || sizes[0] != 1 {
		t.Errorf("groups of %v, %d records", sizes, len(stored))
	}
}

func TestAGroupThatCannotBeStoredIsToldToEveryone(t *testing.T) {
	failing := errors.New("the disk is full")
	e := Grouped(func([][]byte) error { return failing }, func() error { return nil })
	for range 3 {
		if err := e.Append([][]byte{{1}}); !errors.Is(err, failing) {
			t.Errorf("the error is %v", err)
		}
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

func TestWhatIsReadBackIsCountedByMark(t *testing.T) {
	marks := reference.NewMarks(5)
	c := newCheck(4)
	for _, n := range []int{0, 1, 1, 3, 4} { // 2 is missing, 1 comes again, 4 was never there
		c.see(reference.AppendEvent(nil, marks.At(n)))
	}
	c.see([]byte("something else"))
	if c.found != 3 || c.twice != 1 {
		t.Errorf("%d were found, %d twice", c.found, c.twice)
	}
}

func TestABatchHasTheEventsInTheirOrder(t *testing.T) {
	marks := reference.NewMarks(300)
	var b batch
	for _, first := range []int{0, 150} {
		for i, rec := range b.make(marks, first, first+100) {
			if want := string(reference.AppendEvent(nil, marks.At(first+i))); string(rec) != want {
				t.Fatalf("record %d is %s, want %s", i, rec, want)
			}
		}
	}
}
