package cli

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// maxLine bounds one line of input, so that a file without line ends cannot fill the memory.
const maxLine = 16 << 20

var errLongLine = errors.New("the line is longer than 16 MiB")

// lineReader reads lines of any length up to maxLine with a memory of its own.
type lineReader struct {
	r    *bufio.Reader
	line []byte
	n    int   // of the line last read, from 1
	read int64 // bytes
}

func newLineReader(r io.Reader) *lineReader {
	return &lineReader{r: bufio.NewReaderSize(r, 256<<10)}
}

// next returns a line without its end, valid until the next call; errLongLine for
// one that is too long, which is skipped; io.EOF after the last.
func (l *lineReader) next() ([]byte, error) {
	l.line = l.line[:0]
	long := false
	for {
		part, err := l.r.ReadSlice('\n')
		l.read += int64(len(part))
		full := errors.Is(err, bufio.ErrBufferFull)
		if !full && len(l.line) == 0 && !long && (err == nil || err == io.EOF && len(part) > 0) {
			l.n++
			return trimEnd(part), nil // the common case, without a copy
		}
		if long = long || len(l.line)+len(part) > maxLine; !long {
			l.line = append(l.line, part...)
		}
		switch {
		case full:
			continue
		case err != nil && err != io.EOF:
			return nil, err
		case long:
			l.n++
			return nil, errLongLine
		case err == io.EOF && len(l.line) == 0:
			return nil, io.EOF
		}
		l.n++
		return trimEnd(l.line), nil
	}
}

func trimEnd(line []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
}
