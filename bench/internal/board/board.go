// Package board is how far the sinks are, in memory that the sink's process writes and those it measures
// read: a subject whose own queue would overflow can wait, at no cost worth counting.
package board

import (
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// Sinks is how many sinks a board has.
const Sinks = 16

// Board is a file that several processes have in memory.
type Board struct {
	cells *[Sinks]cell
}

// cell is what a sink tells; a cache line each.
type cell struct {
	distinct, last atomic.Uint64
	_              [48]byte
}

// Create makes the file of a board.
func Create(path string) error {
	return os.WriteFile(path, make([]byte, unsafe.Sizeof([Sinks]cell{})), 0o600)
}

// Open maps the file of a board.
func Open(path string) (*Board, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	memory, err := syscall.Mmap(int(f.Fd()), 0, int(unsafe.Sizeof([Sinks]cell{})), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map %s: %w", path, err)
	}
	return &Board{(*[Sinks]cell)(unsafe.Pointer(&memory[0]))}, nil
}

// Note says that a sink has got events it had not got before, and when.
func (b *Board) Note(sink, events int, nanos int64) {
	b.cells[sink].last.Store(uint64(nanos))
	b.cells[sink].distinct.Add(uint64(events))
}

// Distinct returns how many events a sink has got, each counted once.
func (b *Board) Distinct(sink int) int { return int(b.cells[sink].distinct.Load()) }

// Least returns how many events the sink with the fewest of the first n has got.
func (b *Board) Least(n int) int {
	least := b.Distinct(0)
	for i := 1; i < n; i++ {
		least = min(least, b.Distinct(i))
	}
	return least
}

// Last returns when a sink last got an event it had not got before, in nanoseconds of the wall clock.
func (b *Board) Last(sink int) int64 { return int64(b.cells[sink].last.Load()) }
