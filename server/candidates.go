package server

import (
	"bytes"
	"errors"
	"mime"
	"strings"

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

// candidates cuts a body into at most limit of them. A JSON body must be valid as a whole,
// apart from elements that are too deep or too large to look at; of NDJSON, each line
// speaks for itself.
func candidates(f format, body []byte, limit int) ([]candidate, error) {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")) // a byte order mark, which some editors and shells write
	if f == ndjsonBody {
		return fromLines(body, limit)
	}
	body = bytes.TrimSpace(body)
	switch {
	case len(body) > 0 && body[0] == '[':
		return fromArray(body, limit)
	case len(body) > 0 && body[0] == '{':
		e, end, ok := shape.Cut(body)
		if !ok || end != len(body) {
			return nil, errUnparsable
		}
		return appendElement(nil, e)
	default:
		return nil, errUnparsable
	}
}

func fromArray(body []byte, limit int) (list []candidate, err error) {
	err = shape.Elements(body, limit, func(e shape.Element) (err error) {
		list, err = appendElement(list, e)
		return err
	})
	switch {
	case errors.Is(err, shape.ErrTooMany):
		return nil, errTooMany
	case err != nil:
		return nil, errUnparsable
	}
	return list, nil
}

func appendElement(list []candidate, e shape.Element) ([]candidate, error) {
	flaw := e.Shape.Check()
	if !e.Valid && flaw == nil {
		return nil, errUnparsable
	}
	return append(list, candidate{len(list), e.Event, flaw}), nil
}

// fromLines numbers every line and skips those that are blank.
func fromLines(body []byte, limit int) ([]candidate, error) {
	var list []candidate
	for i := 0; len(body) > 0; i++ {
		var line []byte
		line, body, _ = bytes.Cut(body, []byte{'\n'})
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if len(list) == limit {
			return nil, errTooMany
		}
		e, end, ok := shape.Cut(line)
		if !ok || end < len(line) {
			e.Event = wire.Event{Text: line} // which is no event, and is told why
		}
		list = append(list, candidate{i, e.Event, e.Shape.Check()})
	}
	return list, nil
}
