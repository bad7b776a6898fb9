package server

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// A bomb is told by what it grows to: beyond ratioFrom bytes, more than maxRatio times
// what it was. Deflate cannot exceed 1032:1, zstd can by far; JSON stays below 50:1.
const (
	ratioFrom = 1 << 20
	maxRatio  = 100
)

// zstdWindow is the largest window of a frame that is taken, the 8 MiB that RFC 8878
// asks of a decoder. That much is allocated whatever the size of the body.
const zstdWindow = 8 << 20

// unpacker decompresses bodies that are in memory already.
type unpacker struct {
	limit  int64
	blocks *blocks
	gzips  sync.Pool
	zstds  sync.Pool
	// zstdSlots bounds the decoders in use, each with its window.
	zstdSlots chan struct{}
}

func newUnpacker(limit int64, b *blocks) *unpacker {
	return &unpacker{limit: limit, blocks: b, zstdSlots: make(chan struct{}, runtime.GOMAXPROCS(0))}
}

// knows reports whether it can undo an encoding. One on top of another is none it knows.
func (u *unpacker) knows(encoding string) bool {
	switch encoding {
	case "", "identity", "gzip", "x-gzip", "zstd":
		return true
	}
	return false
}

// unpack decompresses packed, which is leased already; the result is leased on top.
func (u *unpacker) unpack(packed []byte, encoding string, l *lease) ([]byte, error) {
	if encoding == "zstd" {
		return u.unzstd(packed, l)
	}
	return u.gunzip(packed, l)
}

func (u *unpacker) gunzip(packed []byte, l *lease) ([]byte, error) {
	z, _ := u.gzips.Get().(*gzip.Reader)
	if z == nil {
		z = new(gzip.Reader)
	}
	defer u.gzips.Put(z)
	source := bytes.NewReader(packed)
	defer source.Reset(nil) // the pool is not to keep packed
	if err := z.Reset(source); err != nil {
		return nil, errCompressed
	}
	return u.inflate(z, source, l)
}

func (u *unpacker) unzstd(packed []byte, l *lease) ([]byte, error) {
	u.zstdSlots <- struct{}{}
	defer func() { <-u.zstdSlots }()
	z, _ := u.zstds.Get().(*zstd.Decoder)
	if z == nil {
		var err error
		// It works in the caller's goroutine, so there is nothing to stop when the pool drops it.
		z, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(zstdWindow))
		if err != nil {
			return nil, err
		}
	}
	defer u.zstds.Put(z)
	source := bytes.NewReader(packed)
	defer source.Reset(nil)
	if err := z.Reset(source); err != nil {
		return nil, errCompressed
	}
	return u.inflate(z, source, l)
}

// inflate reads from a decompressor of source.
func (u *unpacker) inflate(z io.Reader, source *bytes.Reader, l *lease) ([]byte, error) {
	check := func(read int64) error {
		used := source.Size() - int64(source.Len())
		if read > u.limit || read > ratioFrom && read > maxRatio*used {
			return errTooLarge
		}
		return nil
	}
	all := gatherer{lease: l, blocks: u.blocks, limit: u.limit, check: check}
	plain, err := all.gather(z, -1)
	if err == nil {
		if err = check(int64(len(plain))); err == nil {
			return plain, nil
		}
		u.blocks.give(plain)
	}
	var ours *refusal
	if !errors.As(err, &ours) {
		return nil, errCompressed
	}
	return nil, err
}
