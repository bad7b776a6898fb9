package server

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// bodyReader reads bodies within the bounds of the server.
type bodyReader struct {
	maxBody  int64
	inFlight *inFlight
	unpack   *unpacker
	blocks   blocks
}

func newBodyReader(maxBody, maxInFlight int64) *bodyReader {
	br := &bodyReader{maxBody: maxBody, inFlight: newInFlight(maxInFlight)}
	br.unpack = newUnpacker(maxBody, &br.blocks)
	return br
}

// body is a body as it was before it was compressed. It must be released, and nothing may refer to
// its data then: it is what the next body is written to.
type body struct {
	data   []byte
	lease  lease
	blocks *blocks
}

func (b *body) release() {
	b.blocks.give(b.data)
	b.data = nil
	b.lease.release()
}

// read reads the body of a request, which it takes from the connection as a whole before it
// decompresses it: a slow sender holds no decompressor.
func (br *bodyReader) read(w http.ResponseWriter, r *http.Request) (*body, error) {
	encoding := strings.ToLower(strings.TrimSpace(strings.Join(r.Header.Values("Content-Encoding"), ",")))
	if !br.unpack.knows(encoding) {
		return nil, errEncoding
	}
	if r.ContentLength > br.maxBody {
		w.Header().Set("Connection", "close")
		return nil, errTooLarge
	}
	b := &body{lease: lease{from: br.inFlight}, blocks: &br.blocks}
	all := gatherer{lease: &b.lease, blocks: &br.blocks, limit: br.maxBody}
	var err error
	if b.data, err = all.gather(http.MaxBytesReader(w, r.Body, br.maxBody), r.ContentLength); err == nil {
		err = br.decompress(b, encoding)
	}
	if err != nil {
		b.release()
		return nil, whyUnread(err)
	}
	return b, nil
}

func (br *bodyReader) decompress(b *body, encoding string) error {
	if encoding == "" || encoding == "identity" {
		return nil
	}
	packed := b.lease.held
	plain, err := br.unpack.unpack(b.data, encoding, &b.lease)
	if err != nil {
		return err
	}
	br.blocks.give(b.data)
	b.data = plain
	b.lease.shrinkTo(b.lease.held - packed)
	return nil
}

// whyUnread turns an error of reading into the answer to it.
func whyUnread(err error) error {
	var r *refusal
	var tooLarge *http.MaxBytesError
	var timeout net.Error
	switch {
	case errors.As(err, &r):
		return r
	case errors.As(err, &tooLarge):
		return errTooLarge
	case errors.As(err, &timeout) && timeout.Timeout():
		return errTimeout
	default:
		return errBroken
	}
}

// What is read of a body that is not wanted, so that its sender, who may write all of it
// before reading anything, finds the answer rather than a connection that was reset.
const (
	maxDiscarded  = 64 << 20
	discardWithin = 3 * time.Second
)

// discardBody reads what is left of the body of a refused request. Nothing is read of one
// that its sender holds back until it is asked for.
func discardBody(w http.ResponseWriter, r *http.Request) {
	if r.Body == nil || r.ContentLength == 0 || r.Header.Get("Expect") != "" {
		return
	}
	control := http.NewResponseController(w)
	_ = control.Flush()
	if control.SetReadDeadline(time.Now().Add(discardWithin)) != nil {
		return
	}
	_, _ = io.CopyN(io.Discard, r.Body, maxDiscarded)
}

// limitReading bounds the time to read a body when the handler runs in a server that is
// not ours, and may have no limit. It is no error if that cannot be done.
func limitReading(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(readTimeout))
}
