package core

import "unsafe"

// blockIndex finds one of many texts in another without looking at every byte of it: it looks
// at a block of a few bytes, and skips as far as no text has that block.
// S. Wu, U. Manber, A fast algorithm for multi-pattern searching, 1994.
type blockIndex struct {
	least int                 // length of the shortest text
	shift [indexBuckets]uint8 // by the hash of a block: how far to go on
	ends  map[uint16][]int    // texts whose first least bytes end in a block with that hash
}

const (
	blockBytes   = 3
	indexBuckets = 1 << 14
)

func blockHash(a, b, c byte) uint16 {
	return uint16((uint32(a)<<16|uint32(b)<<8|uint32(c))*2654435761>>18) & (indexBuckets - 1)
}

func newBlockIndex(needles []needle) blockIndex {
	x := blockIndex{least: len(needles[0].text), ends: make(map[uint16][]int)}
	for _, n := range needles {
		x.least = min(x.least, len(n.text))
	}
	x.least = min(x.least, 255)
	for i := range x.shift {
		x.shift[i] = uint8(x.least - blockBytes + 1)
	}
	for i, n := range needles {
		for end := blockBytes; end <= x.least; end++ {
			h := blockHash(n.text[end-3], n.text[end-2], n.text[end-1])
			x.shift[h] = min(x.shift[h], uint8(x.least-end))
			if end == x.least {
				x.ends[h] = append(x.ends[h], i)
			}
		}
	}
	return x
}

// find returns the first of the texts in text from an index on, the longest of several, and where
// it begins; n is -1 if there is none.
func (x *blockIndex) find(needles []needle, text string, from int) (at, n int) {
	for end := from + x.least; end <= len(text); {
		h := blockHash(text[end-3], text[end-2], text[end-1])
		if skip := x.shift[h]; skip > 0 {
			end += int(skip)
			continue
		}
		at, n = end-x.least, -1
		for _, i := range x.ends[h] {
			t := needles[i].text
			if len(text)-at >= len(t) && text[at:at+len(t)] == t && (n < 0 || len(t) > len(needles[n].text)) {
				n = i
			}
		}
		if n >= 0 {
			return at, n
		}
		end++
	}
	return 0, -1
}

// view returns bytes as a string, for as long as nobody changes them.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
