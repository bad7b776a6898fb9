package disk

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// A file of frames starts with two copies of a header, in different sectors:
//
//	offset 0  8 bytes   magic
//	       8  uint32    format version
//	      12  uint32    0
//	      16  uint64    place of the first record
//	      24  16 bytes  salt
//	      40  16 bytes  salt of the file before this one, should its own header be lost
//	      56  uint64    place of that file's first record
//	      64  uint64    offset in that file behind its last frame
//	      72  uint32    CRC-32C of the bytes above
const (
	headerSize  = 76
	headerCopy  = 512  // where the second copy is
	dataStart   = 1024 // where the frames begin
	formatMagic = "\x89HGQ\r\n\x1a\n"
	version     = 1
)

type header struct {
	base     uint64
	salt     salt
	prevSalt salt
	prevBase uint64
	prevSize uint64
}

var (
	errHeader = errors.New("its header is damaged")

	// ErrVersion means that a file was written by a later version of this program.
	ErrVersion = errors.New("it was written in a later format than this program knows")
)

// encode returns the bytes before the frames.
func (h header) encode() []byte {
	b := make([]byte, 0, dataStart)
	b = append(b, formatMagic...)
	b = binary.LittleEndian.AppendUint32(b, version)
	b = binary.LittleEndian.AppendUint32(b, 0)
	b = binary.LittleEndian.AppendUint64(b, h.base)
	b = append(b, h.salt[:]...)
	b = append(b, h.prevSalt[:]...)
	b = binary.LittleEndian.AppendUint64(b, h.prevBase)
	b = binary.LittleEndian.AppendUint64(b, h.prevSize)
	b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
	b = b[:dataStart]
	copy(b[headerCopy:], b[:headerSize])
	return b
}

// readHeader reads whichever copy of the header is intact.
func readHeader(r io.ReaderAt) (header, error) {
	b := make([]byte, dataStart)
	n, err := r.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		n = dataStart // what could not be read is zero, and so is not taken for a header
	}
	for _, at := range []int{0, headerCopy} {
		if n < at+headerSize {
			break
		}
		h, err := parseHeader(b[at : at+headerSize])
		if !errors.Is(err, errHeader) {
			return h, err
		}
	}
	return header{}, errHeader
}

// intactHeaders returns how many copies of the header are intact.
func intactHeaders(r io.ReaderAt) (n int) {
	for _, at := range []int64{0, headerCopy} {
		b := make([]byte, headerSize)
		if _, err := r.ReadAt(b, at); err != nil {
			continue
		}
		if _, err := parseHeader(b); err == nil {
			n++
		}
	}
	return n
}

func parseHeader(b []byte) (header, error) {
	body, crc := b[:headerSize-4], binary.LittleEndian.Uint32(b[headerSize-4:])
	if !bytes.HasPrefix(body, []byte(formatMagic)) || crc32.Checksum(body, castagnoli) != crc {
		return header{}, errHeader
	}
	if v := binary.LittleEndian.Uint32(b[8:]); v != version {
		return header{}, fmt.Errorf("%w: version %d", ErrVersion, v)
	}
	h := header{
		base:     binary.LittleEndian.Uint64(b[16:]),
		prevBase: binary.LittleEndian.Uint64(b[56:]),
		prevSize: binary.LittleEndian.Uint64(b[64:]),
	}
	copy(h.salt[:], b[24:])
	copy(h.prevSalt[:], b[40:])
	return h, nil
}
