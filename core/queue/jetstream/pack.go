package jetstream

import "encoding/binary"

// A message holds several records, so that a round trip and a sync of the servers pay for all of them:
//
//	"HGq" 1        what it is, and the version
//	uint32         number of records
//	uint32 bytes   the length of each record, and the record
//
// Integers are little-endian.
const (
	packVersion = 1
	packHeader  = 8
	frameHeader = 4

	// indexBits of a place are the record's index in its message, the others the message's number.
	indexBits  = 10
	maxIndexed = 1 << indexBits

	// maxRecords and maxBytes bound what is packed into a message; a single record may be larger.
	maxRecords = 512
	maxBytes   = 512 << 10
)

func packedSize(recs [][]byte) (n int) {
	for _, rec := range recs {
		n += frameHeader + len(rec)
	}
	return n
}

// pack begins a message of n records.
func pack(b []byte, n int) []byte {
	b = append(b, 'H', 'G', 'q', packVersion)
	return binary.LittleEndian.AppendUint32(b, uint32(n))
}

func appendFrame(b, rec []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(len(rec)))
	return append(b, rec...)
}

// unpack returns the frames of a message. It reports false unless they are all there, and nothing else.
func unpack(message []byte) (frames []byte, n int, ok bool) {
	if len(message) < packHeader || string(message[:3]) != "HGq" || message[3] != packVersion {
		return nil, 0, false
	}
	count := binary.LittleEndian.Uint32(message[4:])
	frames = message[packHeader:]
	if count == 0 || count > maxIndexed {
		return nil, 0, false
	}
	rest := frames
	for range count {
		size, ok := frameSize(rest)
		if !ok {
			return nil, 0, false
		}
		rest = rest[size:]
	}
	return frames, int(count), len(rest) == 0
}

// frameSize returns the size of the first frame, header included.
func frameSize(frames []byte) (size int, ok bool) {
	if len(frames) < frameHeader {
		return 0, false
	}
	n := binary.LittleEndian.Uint32(frames)
	if uint64(n) > uint64(len(frames)-frameHeader) {
		return 0, false
	}
	return frameHeader + int(n), true
}
