// Command floor is what putting records on stable storage costs at least: groups of length-prefixed records are
// written to preallocated segments, and each group synced. Nothing is checked, indexed, read or removed.
package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/headgate-dev/headgate/bench/internal/engine"
)

const segmentSize = 16 << 20

func main() { engine.Main(engine.Subject{Open: open, Read: read}) }

func open(s engine.Setup) (engine.Engine, error) {
	l := &segments{dir: s.Dir}
	return engine.Grouped(l.store, l.close), nil
}

type segments struct {
	dir   string
	file  *os.File
	off   int64
	count int
	buf   []byte
}

func (l *segments) store(recs [][]byte) error {
	l.buf = l.buf[:0]
	for _, rec := range recs {
		l.buf = binary.LittleEndian.AppendUint32(l.buf, uint32(len(rec)))
		l.buf = append(l.buf, rec...)
	}
	if l.file == nil || l.off+int64(len(l.buf)) > segmentSize {
		if err := l.roll(); err != nil {
			return err
		}
	}
	if _, err := l.file.WriteAt(l.buf, l.off); err != nil {
		return err
	}
	l.off += int64(len(l.buf))
	return syscall.Fdatasync(int(l.file.Fd()))
}

func (l *segments) roll() error {
	if err := l.close(); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(l.dir, fmt.Sprintf("%08d", l.count)))
	if err != nil {
		return err
	}
	l.file, l.off = f, 0
	l.count++
	if err := syscall.Fallocate(int(f.Fd()), 0, 0, segmentSize); err != nil {
		return err
	}
	d, err := os.Open(l.dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync() // or the file may have no name after a loss of power
}

func (l *segments) close() error {
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}

func read(s engine.Setup, each func([]byte)) error {
	names, err := filepath.Glob(filepath.Join(s.Dir, "*"))
	if err != nil {
		return err
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		for len(b) > 4 {
			n := int(binary.LittleEndian.Uint32(b))
			if n == 0 { // preallocated
				break
			}
			each(b[4 : 4+n])
			b = b[4+n:]
		}
	}
	return nil
}
