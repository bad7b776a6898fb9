package disk

import (
	"encoding/binary"
	"io"
)

const scanWindow = 256 << 10

// scanner finds the intact frames of a file. It takes any bytes: what is damaged is not
// found, and costs no more memory than the file is long.
type scanner struct {
	file io.ReaderAt
	sum  uint32 // of the file's salt
	size int64  // of the file

	buf []byte
	off int64 // of buf
	err error // why the file could not be read to its end: not for damage
}

// window returns the bytes from off on: n of them, or what there is before the end of the file.
func (s *scanner) window(off int64, n int64) []byte {
	n = min(n, s.size-off)
	if n <= 0 {
		return nil
	}
	if off < s.off || off+n > s.off+int64(len(s.buf)) {
		want := min(max(n, scanWindow), s.size-off)
		if int64(cap(s.buf)) < want {
			s.buf = make([]byte, want)
		}
		s.buf, s.off = s.buf[:want], off
		read, err := readThrough(s.file, s.buf, off)
		if err != nil {
			s.err = err
		}
		s.buf = s.buf[:read]
	}
	b := s.buf[min(off-s.off, int64(len(s.buf))):]
	return b[:min(n, int64(len(b)))]
}

// frameAt returns the frame at an offset if it is intact, and its bytes, which are valid
// until the next call.
func (s *scanner) frameAt(off int64) (f frame, b []byte, ok bool) {
	b = s.window(off, frameHeader)
	if len(b) < frameHeader {
		return frame{}, nil, false
	}
	f = parseFrame(b)
	if !f.plausible() || f.size() > s.size-off {
		return frame{}, nil, false
	}
	b = s.window(off, f.size())
	if int64(len(b)) < f.size() || !f.intact(s.sum, b) {
		return frame{}, nil, false
	}
	return f, b, true
}

// seek returns the first intact frame behind off, where a frame begins, whose place is in [from, to].
func (s *scanner) seek(off int64, from, to uint64) (at int64, f frame, ok bool) {
	for {
		f, _, ok := s.frameAt(off)
		switch {
		case !ok:
			return s.find(off, from, to)
		case f.place > to:
			return 0, frame{}, false
		case f.place >= from:
			return off, f, true
		}
		off += f.size()
	}
}

// find returns the first intact frame at off or behind it whose place is in [from, to].
func (s *scanner) find(off int64, from, to uint64) (at int64, f frame, ok bool) {
	for off+frameHeader <= s.size {
		b := s.window(off, scanWindow)
		if len(b) < frameHeader {
			return 0, frame{}, false
		}
		for i := 0; i+frameHeader <= len(b); i++ {
			if place := binary.LittleEndian.Uint64(b[i+4:]); place < from || place > to {
				continue
			}
			if f, _, ok := s.frameAt(off + int64(i)); ok {
				return off + int64(i), f, true
			}
			b = s.window(off, scanWindow) // frameAt may have moved the window
		}
		off += int64(len(b)) - frameHeader + 1
	}
	return 0, frame{}, false
}
