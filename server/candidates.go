package server

import (
	"bytes"
	"errors"
	"mime"
	"strings"
	"sync"

	"github.com/headgate-dev/headgate/core/wire"
	"github.com/headgate-dev/headgate/server/internal/shape"
)

// format is how the events of a body stand in it.
type format uint8

const (
	jsonBody   format = iota // one object, or an array of them
	ndjsonBody               // one object per line
)

// formatOf returns what a Content-Type announces.
func formatOf(contentType string) (format, error) {
	switch mediaType(contentType) {
	case "application/json":
		return jsonBody, nil
	case "application/x-ndjson":
		return ndjsonBody, nil
	default:
		return 0, errMediaType
	}
}

// mediaType returns the type of a Content-Type, "" for one that is not in UTF-8.
func mediaType(contentType string) string {
	media, params, err := mime.ParseMediaType(contentType)
	if charset, ok := params["charset"]; err != nil || ok && !strings.EqualFold(charset, "utf-8") {
		return ""
	}
	return media
}

// candidate is what may be an event: an element of a body, not decoded yet.
type candidate struct {
	index int // among the elements, or the lines
	event wire.Event
	flaw  error // why it is not worth decoding
}

// maxKeptCandidates bounds the memory that is kept for the next body: half a megabyte.
const maxKeptCandidates = 2048

// candidates are those of a body, to which they refer. They must be released before it is.
type candidates struct {
	list []candidate
	pool *sync.Pool
}

// newCandidates returns memory for those of a body.
func (s *Server) newCandidates() *candidates {
	if c, _ := s.candidates.Get().(*candidates); c != nil {
		return c
	}
	return &candidates{pool: &s.candidates}
}

func (c *candidates) release() {
	clear(c.list)
	if c.list = c.list[:0]; cap(c.list) <= maxKeptCandidates {
		c.pool.Put(c)
	}
}

// cut cuts a body into at most limit candidates. A JSON body must be valid as a whole,
// apart from elements that are too deep or too large to look at; of NDJSON, each line
// speaks for itself.
func (c *candidates) cut(f format, body []byte, limit int) error {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")) // a byte order mark, which some editors and shells write
	if f == ndjsonBody {
		return c.cutLines(body, limit)
	}
	body = bytes.TrimSpace(body)
	switch {
	case len(body) > 0 && body[0] == '[':
		return c.cutArray(body, limit)
	case len(body) > 0 && body[0] == '{':
		var e shape.Element
		if end, ok := e.Cut(body); !ok || end != len(body) {
			return errUnparsable
		}
		return c.add(&e)
	default:
		return errUnparsable
	}
}

func (c *candidates) cutArray(body []byte, limit int) error {
	err := shape.Elements(body, limit, c.add)
	switch {
	case errors.Is(err, shape.ErrTooMany):
		return errTooMany
	case err != nil:
		return errUnparsable
	}
	return nil
}

func (c *candidates) add(e *shape.Element) error {
	flaw := e.Shape.Check()
	if !e.Valid && flaw == nil {
		return errUnparsable
	}
	c.list = append(c.list, candidate{len(c.list), e.Event, flaw})
	return nil
}

// cutLines numbers every line and skips those that are blank.
func (c *candidates) cutLines(body []byte, limit int) error {
	var e shape.Element
	for i := 0; len(body) > 0; i++ {
		var line []byte
		line, body, _ = bytes.Cut(body, []byte{'\n'})
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if len(c.list) == limit {
			return errTooMany
		}
		if end, ok := e.Cut(line); !ok || end < len(line) {
			e.Event = wire.Event{Text: line} // which is no event, and is told why
		}
		c.list = append(c.list, candidate{i, e.Event, e.Shape.Check()})
	}
	return nil
}
