package disk

import (
	"bytes"
	"encoding/binary"
	"testing"
)

func TestALengthThatReachesBeyondTheFileIsNotReadFor(t *testing.T) {
	var data []byte
	for len(data) < 4<<20 {
		data = binary.LittleEndian.AppendUint32(data, 1<<29)
		data = binary.LittleEndian.AppendUint64(data, 7) // a place that is looked for
		data = binary.LittleEndian.AppendUint32(data, kindRecord)
		data = binary.LittleEndian.AppendUint32(data, 0)
	}
	s := &scanner{file: bytes.NewReader(data), size: int64(len(data))}
	if _, f, ok := s.find(0, 0, 10); ok {
		t.Fatalf("found %+v", f)
	}
	if got := cap(s.buf); got > scanWindow {
		t.Errorf("to find out that there is no frame, %d bytes were held at once, more than %d", got, scanWindow)
	}
}
