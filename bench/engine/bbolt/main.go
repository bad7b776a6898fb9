// Command bbolt puts records into a bucket of bbolt, a group to a transaction.
package main

import (
	"encoding/binary"
	"path/filepath"

	bolt "go.etcd.io/bbolt"

	"github.com/headgate-dev/headgate/bench/internal/engine"
)

var bucket = []byte("events")

func main() { engine.Main(engine.Subject{Open: open, Read: read}) }

func open(s engine.Setup) (engine.Engine, error) {
	db, err := bolt.Open(filepath.Join(s.Dir, "events.db"), 0o600, nil)
	if err != nil {
		return nil, err
	}
	err = db.Update(func(tx *bolt.Tx) error {
		_, err := tx.CreateBucket(bucket)
		return err
	})
	return engine.Grouped(func(recs [][]byte) error { return store(db, recs) }, db.Close), err
}

func store(db *bolt.DB, recs [][]byte) error {
	return db.Update(func(tx *bolt.Tx) error {
		b := tx.Bucket(bucket)
		b.FillPercent = 1 // keys only grow
		for _, rec := range recs {
			n, err := b.NextSequence()
			if err != nil {
				return err
			}
			if err := b.Put(binary.BigEndian.AppendUint64(nil, n), rec); err != nil {
				return err
			}
		}
		return nil
	})
}

func read(s engine.Setup, each func([]byte)) error {
	db, err := bolt.Open(filepath.Join(s.Dir, "events.db"), 0o600, nil)
	if err != nil {
		return err
	}
	defer db.Close()
	return db.View(func(tx *bolt.Tx) error {
		return tx.Bucket(bucket).ForEach(func(_, rec []byte) error {
			each(rec)
			return nil
		})
	})
}
