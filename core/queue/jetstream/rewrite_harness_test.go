package jetstream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	natsjs "github.com/nats-io/nats.go/jetstream"
)

// taken is in every third record of [third], and in no other.
const taken = "0123456789"

// third returns a record; every third, from 0, is to be rewritten.
func third(i int) []byte {
	if i%3 == 0 {
		return record(i)
	}
	return fmt.Appendf(nil, `{"number":%08d,"padding":"----------"}`, i)
}

func isForgotten(rec []byte) bool { return bytes.Contains(rec, []byte(taken)) }

func forget(rec []byte) {
	clear(rec)
	rec[0] = 0xff
}

// keep appends records from one number to another in one message.
func (r *tally) keep(t testing.TB, from, to int) {
	t.Helper()
	var recs [][]byte
	for i := from; i < to; i++ {
		recs = append(recs, third(i))
	}
	if n, err := r.log.AppendAll(context.Background(), recs); n != len(recs) || err != nil {
		t.Fatalf("stored %d of %d records: %v", n, len(recs), err)
	}
}

func (r *tally) rewrite(t testing.TB) {
	t.Helper()
	if err := r.log.Rewrite(isForgotten, forget); err != nil {
		t.Fatal(err)
	}
}

// others counts what was seen of the records that nobody takes away, and fails the test if a record that was
// taken away was read, after some.
func (r *tally) checkSeen(t testing.TB, from, to int, most int) {
	t.Helper()
	for i := from; i < to; i++ {
		n := r.seen[string(third(i))]
		switch {
		case i%3 == 0 && n > 0:
			t.Errorf("record %d was rewritten, and read %d times as it was", i, n)
		case i%3 != 0 && (n == 0 || n > most):
			t.Errorf("record %d was read %d times", i, n)
		}
	}
}

// readAll reads until the records from one number to another that nobody takes away were seen, and nothing is
// at hand. That none is counted as unread does not say so: a process that is slow takes what it has yet to be given
// for another's, until it comes.
func (r *tally) readAll(t testing.TB, from, to int) {
	t.Helper()
	eventually(t, "everything is read", func() bool {
		if run := r.fetch(100); run.Len() > 0 {
			r.finish(run)
			return false
		}
		r.cursor.Want(1, 1)
		for i := from; i < to; i++ {
			if i%3 != 0 && r.seen[string(third(i))] == 0 {
				return false
			}
		}
		return r.position().Unread == 0
	})
}

// holds reports whether some message of the stream has something that is to be rewritten.
func (a admin) holds() bool {
	a.t.Helper()
	stream := a.stream()
	state := stream.CachedInfo().State
	for seq := state.FirstSeq; seq <= state.LastSeq; seq++ {
		msg, err := stream.GetMsg(context.Background(), seq)
		if errors.Is(err, natsjs.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			a.t.Fatal(err)
		}
		if isForgotten(msg.Data) {
			return true
		}
	}
	return false
}

// traces returns the files in a directory that have a text in them.
func traces(t testing.TB, dir, text string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if bytes.Contains(content, []byte(text)) {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
