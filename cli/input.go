package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// Lines are read ahead of their use, but only so many, so that memory is bounded.
const (
	maxBatchLines = 256
	maxBatchBytes = 1 << 20 // a single line may be longer, see maxLine
	batchesAhead  = 2
)

// line is one line of an input file.
type line struct {
	n    int // from 1
	text []byte
	err  error // instead of text: the line is too long
}

// lineBatch is what was read at once.
type lineBatch struct {
	lines []line
	read  int64 // bytes of the file so far
}

// input is a file of lines.
type input struct {
	name    string
	size    int64 // 0: not known
	batches <-chan lineBatch
	ended   <-chan error // why reading ended, once batches is closed
	file    io.Closer
}

// openInput starts to read a file, or standard input for "-".
func (a *app) openInput(ctx context.Context, name string) (*input, error) {
	r, in := a.in, &input{name: name, file: io.NopCloser(nil)}
	if name == "-" {
		in.name = "standard input"
	} else {
		f, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("read the events: %w", err)
		}
		r, in.file = f, f
	}
	if f, ok := r.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			in.size = info.Size()
		}
	}
	batches, ended := make(chan lineBatch, batchesAhead), make(chan error, 1)
	in.batches, in.ended = batches, ended
	go func() {
		defer close(batches)
		ended <- readAhead(ctx, r, batches)
	}()
	return in, nil
}

// each hands the lines that are not blank to use, in order, and says now and then how
// many bytes have been read. It ends with the input, with ctx, or with an error of use.
func (in *input) each(ctx context.Context, use func(line) error, progress func(read int64)) error {
	for {
		select {
		case batch, more := <-in.batches:
			if !more {
				return <-in.ended
			}
			for _, l := range batch.lines {
				if l.err == nil && blank(l.text) {
					continue
				}
				if err := use(l); err != nil {
					return err
				}
			}
			progress(batch.read)
		case <-ctx.Done():
			return fmt.Errorf("interrupted while reading %s", in.name)
		}
	}
}

// readAhead reads lines and hands them on, as many at once as there are, until the
// end of the input or of ctx. A read that blocks outlives ctx; it ends with the process.
func readAhead(ctx context.Context, r io.Reader, to chan<- lineBatch) error {
	lines := newLineReader(r)
	var batch lineBatch
	var block []byte
	for {
		text, err := lines.next()
		ended := err != nil && !errors.Is(err, errLongLine)
		if !ended {
			from := len(block)
			block = append(block, text...)
			batch.lines = append(batch.lines, line{lines.n, block[from:len(block):len(block)], err})
		}
		if ended || len(batch.lines) == maxBatchLines || len(block) >= maxBatchBytes || lines.r.Buffered() == 0 {
			batch.read = lines.read
			select {
			case to <- batch:
				batch, block = lineBatch{}, nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		switch {
		case err == io.EOF:
			return nil
		case ended:
			return fmt.Errorf("read the events: %w", err)
		}
	}
}
