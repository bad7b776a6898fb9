package main

import (
	"context"

	"github.com/headgate-dev/headgate/bench/internal/engine"
	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/queue/disk"
)

// cursorName is the one sink that the log has.
const cursorName = "sink"

// maxBytes has room for every run.
const maxBytes = 8 << 30

// log is the queue by itself: records go in as they are.
type log struct{ *disk.Log }

func openLog(s engine.Setup) (engine.Engine, error) {
	l, err := disk.Open(disk.Config{Dir: s.Dir, MaxBytes: maxBytes})
	if err != nil {
		return nil, err
	}
	l.Cursor(cursorName)
	return log{l}, l.Resume()
}

func (l log) Append(recs [][]byte) error {
	_, err := l.AppendAll(context.Background(), recs)
	return err
}

func readLog(s engine.Setup, each func([]byte)) error {
	l, err := disk.Open(disk.Config{Dir: s.Dir, MaxBytes: maxBytes})
	if err != nil {
		return err
	}
	cursor := l.Cursor(cursorName)
	if err := l.Resume(); err != nil {
		return err
	}
	defer l.Close()
	for {
		run, _ := cursor.Fetch(10_000, 4<<20, true)
		if run.Len() == 0 {
			return nil
		}
		for rec := run.Next(); rec != nil; rec = run.Next() {
			each(rec)
		}
		run.Done()
	}
}

var _ queue.Log = (*disk.Log)(nil)
