package transport

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// compressor compresses request bodies, reusing writers and buffers.
type compressor struct {
	gzip    sync.Pool // of *gzip.Writer
	buffers sync.Pool // of *bytes.Buffer

	zstdOnce sync.Once
	zstd     *zstd.Encoder
	zstdErr  error
}

// maxKept is the largest buffer that is kept for reuse.
const maxKept = 4 << 20

// encodingOf returns the Content-Encoding of a compression, "" for none.
func encodingOf(compression string) string {
	if compression == "none" {
		return ""
	}
	return compression
}

// body returns data compressed. The result is valid until done is called.
func (c *compressor) body(data []byte, compression string) (body []byte, done func(), err error) {
	switch compression {
	case "", "none":
		return data, func() {}, nil
	case "gzip", "zstd":
	default:
		return nil, nil, fmt.Errorf("compression %q is not known; want none, gzip or zstd", compression)
	}
	buf, ok := c.buffers.Get().(*bytes.Buffer)
	if !ok {
		buf = new(bytes.Buffer)
	}
	buf.Reset()
	if compression == "gzip" {
		err = c.toGzip(buf, data)
	} else {
		err = c.toZstd(buf, data)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("compress the body: %w", err)
	}
	return buf.Bytes(), func() {
		if buf.Cap() <= maxKept {
			c.buffers.Put(buf)
		}
	}, nil
}

func (c *compressor) toGzip(buf *bytes.Buffer, data []byte) error {
	w, ok := c.gzip.Get().(*gzip.Writer)
	if !ok {
		w = gzip.NewWriter(nil)
	}
	defer c.gzip.Put(w)
	w.Reset(buf)
	if _, err := w.Write(data); err != nil {
		return err
	}
	return w.Close()
}

// toZstd uses one encoder for all: EncodeAll is safe for concurrent use and starts no goroutine.
func (c *compressor) toZstd(buf *bytes.Buffer, data []byte) error {
	c.zstdOnce.Do(func() {
		c.zstd, c.zstdErr = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20), zstd.WithLowerEncoderMem(true))
	})
	if c.zstdErr != nil {
		return c.zstdErr
	}
	buf.Grow(len(data)/4 + 64)
	_, err := buf.Write(c.zstd.EncodeAll(data, buf.AvailableBuffer()))
	return err
}
