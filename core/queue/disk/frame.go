package disk

import (
	"encoding/binary"
	"hash/crc32"
)

// A frame is a record as it lies in a file, in little-endian byte order:
//
//	offset 0  uint32  length of the record
//	       4  uint64  place of the record in the log
//	      12  uint32  kind
//	      16  uint32  CRC-32C of the file's salt, the 16 bytes above, and the record
//	      20          the record
//
// The salt keeps bytes inside a record from passing for a frame when what is around
// them is damaged, and frames of another file from passing for this one's.
const (
	frameHeader = 20

	kindRecord = 1
	kindEnd    = 2 // no record: the log ended at this place when it was closed
)

// maxRecord bounds a record, whatever the bound of the log is.
const maxRecord = 1 << 30

const saltSize = 16

type salt [saltSize]byte

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sum is the state of the checksum behind the salt.
func (s salt) sum() uint32 { return crc32.Update(0, castagnoli, s[:]) }

// frame is the header of a frame.
type frame struct {
	length uint32
	place  uint64
	kind   uint32
	crc    uint32
}

func (f frame) size() int64 { return frameHeader + int64(f.length) }

// appendFrame appends a record in its frame.
func appendFrame(b []byte, sum uint32, place uint64, kind uint32, rec []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(len(rec)))
	b = binary.LittleEndian.AppendUint64(b, place)
	b = binary.LittleEndian.AppendUint32(b, kind)
	sum = crc32.Update(sum, castagnoli, b[len(b)-16:])
	b = binary.LittleEndian.AppendUint32(b, crc32.Update(sum, castagnoli, rec))
	return append(b, rec...)
}

// parseFrame reads the header at the start of b, which is long enough.
func parseFrame(b []byte) frame {
	_ = b[frameHeader-1]
	return frame{
		length: binary.LittleEndian.Uint32(b),
		place:  binary.LittleEndian.Uint64(b[4:]),
		kind:   binary.LittleEndian.Uint32(b[12:]),
		crc:    binary.LittleEndian.Uint32(b[16:]),
	}
}

// plausible reports whether a header may be one, as far as it tells by itself.
func (f frame) plausible() bool {
	return f.kind == kindRecord || f.kind == kindEnd && f.length == 0
}

// intact reports whether b, which starts with the whole frame, is as it was written.
func (f frame) intact(sum uint32, b []byte) bool {
	sum = crc32.Update(sum, castagnoli, b[:16])
	return crc32.Update(sum, castagnoli, b[frameHeader:f.size()]) == f.crc
}
