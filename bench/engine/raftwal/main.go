// Command raftwal puts records into hashicorp/raft-wal, a group to a StoreLogs.
package main

import (
	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
	wal "github.com/hashicorp/raft-wal"

	"github.com/headgate-dev/headgate/bench/internal/engine"
)

func main() { engine.Main(engine.Subject{Open: open, Read: read}) }

func open(s engine.Setup) (engine.Engine, error) {
	log, err := wal.Open(s.Dir, wal.WithLogger(hclog.NewNullLogger()))
	if err != nil {
		return nil, err
	}
	next := uint64(1)
	var entries []raft.Log
	var group []*raft.Log
	return engine.Grouped(func(recs [][]byte) error {
		entries, group = entries[:0], group[:0]
		for i, rec := range recs {
			entries = append(entries, raft.Log{Index: next + uint64(i), Data: rec})
		}
		for i := range entries {
			group = append(group, &entries[i])
		}
		next += uint64(len(recs))
		return log.StoreLogs(group)
	}, log.Close), nil
}

func read(s engine.Setup, each func([]byte)) error {
	log, err := wal.Open(s.Dir, wal.WithLogger(hclog.NewNullLogger()))
	if err != nil {
		return err
	}
	defer log.Close()
	last, err := log.LastIndex()
	if err != nil {
		return err
	}
	for n := uint64(1); n <= last; n++ {
		var entry raft.Log
		if err := log.GetLog(n, &entry); err != nil {
			return err
		}
		each(entry.Data)
	}
	return nil
}
