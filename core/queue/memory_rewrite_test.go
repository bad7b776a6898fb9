package queue

import (
	"bytes"
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fetchAll fetches all there is, and is done with it.
func fetchAll(c Cursor) (recs []string) {
	for {
		run, _ := c.Fetch(7, 1<<20, true)
		if run.Len() == 0 {
			return recs
		}
		for rec := run.Next(); rec != nil; rec = run.Next() {
			recs = append(recs, string(rec))
		}
		run.Done()
	}
}

func TestRewritingChangesWhatEveryCursorHasToFetchAndNothingInHand(t *testing.T) {
	m := newMemory(1<<20, DropOldest)
	a, b := m.Cursor("a"), m.Cursor("b")
	var want []string
	third := func(rec []byte) bool { return bytes.HasSuffix(rec[:8], []byte("3")) }
	blank := func(rec []byte) {
		for i := range rec {
			rec[i] = '-'
		}
	}
	for i := range 5000 {
		rec := record(i, 100)
		if err := m.Append(context.Background(), rec); err != nil {
			t.Fatal(err)
		}
		if third(rec) {
			blank(rec)
		}
		want = append(want, string(rec))
	}
	a.Fetch(1000, 1<<20, true)
	a.Rewind()
	inHand, _ := b.Fetch(20, 1<<20, true)
	if err := m.Rewrite(third, blank); err != nil {
		t.Fatal(err)
	}
	for i := 0; inHand.Len() > 0; i++ {
		if got := string(inHand.Next()); got != string(record(i, 100)) {
			t.Fatalf("record %d changed in a reader's hand", i)
		}
	}
	inHand.Done()
	if diff := cmp.Diff(want, fetchAll(a)); diff != "" {
		t.Errorf("what was given back, and what was not fetched (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want[20:], fetchAll(b)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if held, _ := b.Fetch(1, 1<<20, true); held.Len() > 0 {
		t.Error("there is more than was appended")
	}
}

func TestRewritingChangesWhatIsGivenBackAfterwards(t *testing.T) {
	m := newMemory(1<<20, DropOldest)
	c := m.Cursor("a")
	_ = m.Append(context.Background(), []byte("secret"))
	_ = m.Append(context.Background(), []byte("public"))
	run, _ := c.Fetch(2, 1<<20, true)
	c.Hold(run.First, run.Next())
	c.Hold(run.First+1, run.Next())
	run.Done()
	_ = m.Append(context.Background(), []byte("secret"))
	c.Fetch(1, 1<<20, true)
	secret := func(rec []byte) bool { return string(rec) == "secret" }
	if err := m.Rewrite(secret, func(rec []byte) { copy(rec, "------") }); err != nil {
		t.Fatal(err)
	}
	c.Rewind()
	if diff := cmp.Diff([]string{"------", "public", "------"}, fetchAll(c)); diff != "" {
		t.Error(diff)
	}
}
