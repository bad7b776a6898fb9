package server

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
)

func TestABlockIsTakenAgainBySize(t *testing.T) {
	var b blocks
	for size := int64(firstBlock); size <= lastBlock; size *= growth {
		block := b.take(size)
		if len(block) != 0 || int64(cap(block)) != size {
			t.Fatalf("a block of %d bytes has %d of %d", size, len(block), cap(block))
		}
		b.give(append(block, "x"...))
		if again := b.take(size); len(again) != 0 || int64(cap(again)) != size {
			t.Errorf("the second block of %d bytes has %d of %d", size, len(again), cap(again))
		}
	}
	for _, size := range []int64{1, firstBlock + 1, growth * lastBlock} {
		b.give(make([]byte, size)) // is of no use, and no harm
		if block := b.take(size); int64(cap(block)) != size {
			t.Errorf("a block of %d bytes has room for %d", size, cap(block))
		}
	}
}

// What a body was read into is written over by the next one, while its events are still on their way.
func TestNothingRefersToABodyThatIsReleased(t *testing.T) {
	var delivered []string
	wait := make(chan struct{})
	sink := core.SinkFunc(func(_ context.Context, batch []core.Sealed) error {
		<-wait
		for _, e := range batch {
			delivered = append(delivered, string(e.JSON()))
		}
		return nil
	})
	d, err := core.New(core.Config{Sinks: []core.SinkConfig{{Name: "slow", Sink: sink}}},
		core.WithStateDir(t.TempDir()), core.WithEnviron(func(string) (string, bool) { return "", false }))
	if err != nil {
		t.Fatal(err)
	}
	s := newServer(t, Options{Gate: d})
	event := func(n int) string {
		return fmt.Sprintf(`{"id":"id-%[1]d","name":"name%[1]d","user_id":"user-%[1]d","session_id":"session-%[1]d","properties":{"key%[1]d":"value %[1]d","seen":"again and again"},"context":{"locale":"l%[1]d"}}`, n)
	}
	const bodies = 60
	for n := range bodies {
		want(t, do(s, jsonRequest("["+event(n)+"]")), 200)
		blank := bytes.Repeat([]byte("\x01"), firstBlock)
		s.rules().bodies.blocks.give(blank[:0]) // whatever comes from the pool is full of this
		for _, taken := range [][]byte{s.rules().bodies.blocks.take(firstBlock), s.rules().bodies.blocks.take(firstBlock)} {
			copy(taken[:cap(taken)], blank)
			s.rules().bodies.blocks.give(taken)
		}
	}
	for n := range bodies {
		w := do(s, jsonRequest("["+event(n)+"]")) // known by its id
		if want(t, w, 200); !strings.Contains(w.Body.String(), `"accepted":1`) {
			t.Errorf("event %d: %s", n, w.Body)
		}
	}
	close(wait)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := d.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if stats := d.Stats(); stats.Books.Accepted != bodies || stats.Books.Duplicates != bodies {
		t.Errorf("the books say %+v", stats.Books)
	}
	for n, text := range delivered {
		for _, part := range []string{"id-%d", "name%d", "user-%d", "session-%d", "key%d", "value %d", "l%d"} {
			if part = fmt.Sprintf(part, n); !strings.Contains(text, `"`+part+`"`) {
				t.Errorf("event %d lacks %s: %s", n, part, text)
			}
		}
	}
	if len(delivered) != bodies {
		t.Errorf("%d of %d events were delivered", len(delivered), bodies)
	}
}
