package jetstream

import (
	"bytes"
	"testing"
)

func packed(recs ...string) []byte {
	b := pack(nil, len(recs))
	for _, rec := range recs {
		b = appendFrame(b, []byte(rec))
	}
	return b
}

func TestOnlyAWholeMessageIsUnpacked(t *testing.T) {
	whole := packed("one", "", "three")
	frames, n, ok := unpack(whole)
	if !ok || n != 3 || !bytes.Equal(frames, whole[packHeader:]) {
		t.Fatalf("unpacked %q, %d, %v", frames, n, ok)
	}
	for cut := range whole {
		if _, _, ok := unpack(whole[:cut]); ok {
			t.Errorf("unpacked the first %d bytes of %d", cut, len(whole))
		}
	}
	for name, bad := range map[string][]byte{
		"more behind it":   append(packed("one"), 0),
		"another version":  append([]byte{'H', 'G', 'q', 2}, whole[4:]...),
		"no records":       packed(),
		"too many records": packed(make([]string, maxIndexed+1)...),
		"a huge record":    append(pack(nil, 1), 0xff, 0xff, 0xff, 0xff, 'x'),
	} {
		if _, _, ok := unpack(bad); ok {
			t.Errorf("unpacked a message with %s", name)
		}
	}
}

func FuzzUnpacking(f *testing.F) {
	f.Add(packed("one", "", "three"))
	f.Add(packed())
	f.Fuzz(func(t *testing.T, data []byte) {
		frames, n, ok := unpack(data)
		if !ok {
			return
		}
		again := pack(nil, n)
		p := part{m: new(message), data: frames, n: n}
		for p.n > 0 {
			head, ok := p.head(1, 1, true)
			if !ok || head.n != 1 {
				t.Fatalf("%d records are left, and none can be taken", p.n)
			}
			again = append(again, head.data...)
			p = p.tail(head)
		}
		if !bytes.Equal(again, data) {
			t.Fatalf("%q was unpacked as %q", data, again)
		}
	})
}
