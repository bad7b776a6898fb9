// Command tidwall puts records into tidwall/wal, a group to a batch.
package main

import (
	"path/filepath"

	"github.com/tidwall/wal"

	"github.com/headgate-dev/headgate/bench/internal/engine"
)

func main() { engine.Main(engine.Subject{Open: open, Read: read}) }

func open(s engine.Setup) (engine.Engine, error) {
	log, err := wal.Open(filepath.Join(s.Dir, "events"), nil)
	if err != nil {
		return nil, err
	}
	next, batch := uint64(1), new(wal.Batch)
	return engine.Grouped(func(recs [][]byte) error {
		for _, rec := range recs {
			batch.Write(next, rec)
			next++
		}
		return log.WriteBatch(batch) // which clears it
	}, log.Close), nil
}

func read(s engine.Setup, each func([]byte)) error {
	log, err := wal.Open(filepath.Join(s.Dir, "events"), nil)
	if err != nil {
		return err
	}
	defer log.Close()
	last, err := log.LastIndex()
	if err != nil {
		return err
	}
	for n := uint64(1); n <= last; n++ {
		rec, err := log.Read(n)
		if err != nil {
			return err
		}
		each(rec)
	}
	return nil
}
