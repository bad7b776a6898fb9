// Command diskqueue puts records into NSQ's disk queue, synced for every message. A group is one message, for it
// has no other way to share a sync.
package main

import (
	"encoding/binary"
	"time"

	"github.com/nsqio/go-diskqueue"

	"github.com/headgate-dev/headgate/bench/internal/engine"
)

func main() { engine.Main(engine.Subject{Open: open, Read: read}) }

const maxMessage = 64 << 20

func queue(s engine.Setup) diskqueue.Interface {
	logger := func(diskqueue.LogLevel, string, ...any) {}
	return diskqueue.New("events", s.Dir, 128<<20, 1, maxMessage, 1, time.Second, logger)
}

func open(s engine.Setup) (engine.Engine, error) {
	q := queue(s)
	var buf []byte
	return engine.Grouped(func(recs [][]byte) error {
		buf = buf[:0]
		for _, rec := range recs {
			buf = binary.LittleEndian.AppendUint32(buf, uint32(len(rec)))
			buf = append(buf, rec...)
		}
		return q.Put(buf)
	}, q.Close), nil
}

func read(s engine.Setup, each func([]byte)) error {
	q := queue(s)
	for left := q.Depth(); left > 0; left-- {
		for b := <-q.ReadChan(); len(b) > 0; {
			n := 4 + int(binary.LittleEndian.Uint32(b))
			each(b[4:n])
			b = b[n:]
		}
	}
	return q.Close()
}
