package disk

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
)

// The state of a cursor is what it has not finished: the places from next on, and some
// before it. It lies in one of the slots of the cursor's file:
//
//	offset 0  uint32   magic
//	       4  uint32   CRC-32C of the bytes from offset 8 to the end
//	       8  uint32   length of the whole
//	      12  uint32   flags
//	      16  uint64   generation: the slot with the highest counts
//	      24  uint64   next
//	      32  uint32   number of ranges before next
//	      36  uint16   length of the name
//	      38           the name, then for each range, as varints, the distance from the
//	                   end of the one before it, and its length
const (
	stateHeader = 38
	stateMagic  = 0x43514748 // "HGQC"

	// flagRough says that ranges were joined for want of room: the cursor had finished
	// some of their records, which may be gone.
	flagRough = 1

	maxCursorName = 1024
)

type cursorState struct {
	generation uint64
	next       uint64
	pending    spans // before next; without bytes
	rough      bool
}

var errState = errors.New("it is damaged")

// appendState encodes a state in at most limit bytes; b is empty.
func appendState(b []byte, name string, s cursorState, limit int) []byte {
	var flags uint32
	pending := s.pending
	if s.rough {
		flags = flagRough
	}
	for {
		b = append(b[:0], make([]byte, stateHeader)...)
		b = append(b, name...)
		behind := uint64(0)
		for _, p := range pending {
			b = binary.AppendUvarint(b, p.first-behind)
			b = binary.AppendUvarint(b, p.records())
			behind = p.end
		}
		if len(b) <= limit || len(pending) < 2 {
			break
		}
		pending = halved(pending)
		flags |= flagRough
	}
	binary.LittleEndian.PutUint32(b, stateMagic)
	binary.LittleEndian.PutUint32(b[8:], uint32(len(b)))
	binary.LittleEndian.PutUint32(b[12:], flags)
	binary.LittleEndian.PutUint64(b[16:], s.generation)
	binary.LittleEndian.PutUint64(b[24:], s.next)
	binary.LittleEndian.PutUint32(b[32:], uint32(len(pending)))
	binary.LittleEndian.PutUint16(b[36:], uint16(len(name)))
	binary.LittleEndian.PutUint32(b[4:], crc32.Checksum(b[8:], castagnoli))
	return b
}

// halved joins every two neighbours.
func halved(s spans) (out spans) {
	for i := 0; i < len(s); i += 2 {
		p := s[i]
		if i+1 < len(s) {
			p.end = s[i+1].end
		}
		out = append(out, p)
	}
	return out
}

// parseState reads the state at the start of b.
func parseState(b []byte) (name string, s cursorState, err error) {
	if len(b) < stateHeader || binary.LittleEndian.Uint32(b) != stateMagic {
		return "", s, errState
	}
	length := binary.LittleEndian.Uint32(b[8:])
	if length < stateHeader || int64(length) > int64(len(b)) {
		return "", s, errState
	}
	b = b[:length]
	if crc32.Checksum(b[8:], castagnoli) != binary.LittleEndian.Uint32(b[4:]) {
		return "", s, errState
	}
	s.rough = binary.LittleEndian.Uint32(b[12:])&flagRough != 0
	s.generation = binary.LittleEndian.Uint64(b[16:])
	s.next = binary.LittleEndian.Uint64(b[24:])
	ranges := binary.LittleEndian.Uint32(b[32:])
	nameEnd := stateHeader + int(binary.LittleEndian.Uint16(b[36:]))
	if nameEnd > len(b) || s.next > math.MaxInt64 {
		return "", s, errState
	}
	name, b = string(b[stateHeader:nameEnd]), b[nameEnd:]
	behind := uint64(0)
	for range ranges {
		gap, n := binary.Uvarint(b)
		if n <= 0 {
			return "", s, errState
		}
		records, m := binary.Uvarint(b[n:])
		if m <= 0 || records == 0 || gap > s.next-behind || records > s.next-behind-gap {
			return "", s, errState
		}
		b = b[n+m:]
		p := span{first: behind + gap, end: behind + gap + records}
		s.pending = append(s.pending, p)
		behind = p.end
	}
	return name, s, nil
}
