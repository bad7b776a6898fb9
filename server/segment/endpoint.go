package segment

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/server/internal/shape"
)

// Errors of [Endpoint.Parse].
var (
	ErrUnparsable = errors.New("not a JSON object, or one without a batch")
	ErrTooMany    = errors.New("too many messages")
	ErrTooLarge   = errors.New("the context of the batch is too large for that many messages")
)

// Limits bound what is read of one body.
type Limits struct {
	// Messages is the largest number of them.
	Messages int
	// Context is the largest number of bytes that the context and the integrations of a
	// batch come to, counted once for each message: a small body is not to cost what a large one does.
	Context int64
}

// Endpoint is a path of the API.
type Endpoint struct {
	kind  core.Kind // of the message, unless there are many
	batch bool
}

// Endpoints returns the endpoints, by the last part of their path.
func Endpoints() map[string]Endpoint {
	all := map[string]Endpoint{"batch": {batch: true}, "b": {batch: true}, "import": {batch: true}}
	for _, kind := range []core.Kind{core.KindTrack, core.KindIdentify, core.KindPage, core.KindScreen, core.KindGroup, core.KindAlias} {
		name := kind.String()
		all[name], all[name[:1]] = Endpoint{kind: kind}, Endpoint{kind: kind}
	}
	return all
}

// Body is what a request carries: messages that are not decoded yet.
type Body struct {
	endpoint Endpoint
	messages []message
	sentAt   []byte // of the batch, a JSON value

	context, integrations core.Props // of the batch
}

// message is what may be one: an element of a batch, or a whole body.
type message struct {
	json []byte
	flaw error // why it is not worth decoding
}

// Len returns the number of messages.
func (b *Body) Len() int { return len(b.messages) }

// Parse cuts a body into its messages. It must be valid JSON, apart from messages
// that are too deep or too large to look at. The Body refers to data.
func (ep Endpoint) Parse(data []byte, limits Limits) (*Body, error) {
	data = withoutMark(data)
	b := &Body{endpoint: ep}
	if ep.batch {
		return b, b.readBatch(data, limits)
	}
	data = bytes.TrimSpace(data)
	var e shape.Element
	end, ok := e.Cut(data)
	if !ok || len(data) == 0 || data[0] != '{' || end != len(data) {
		return nil, ErrUnparsable
	}
	return b, b.add(&e)
}

// readBatch reads the envelope of a batch.
func (b *Body) readBatch(data []byte, limits Limits) error {
	var batch, context, integrations []byte
	err := shape.Members(data, func(key string, value []byte) error {
		switch key {
		case "batch":
			if batch != nil {
				return ErrUnparsable // which of them is meant?
			}
			batch = value
			return nil
		case "context":
			context = value
		case "integrations":
			integrations = value
		case "sentAt":
			b.sentAt = value
		}
		if !json.Valid(value) {
			return ErrUnparsable
		}
		return nil
	})
	if err != nil {
		return ErrUnparsable
	}
	err = shape.Elements(batch, limits.Messages, b.add)
	switch {
	case errors.Is(err, shape.ErrTooMany):
		return ErrTooMany
	case err != nil:
		return ErrUnparsable
	}
	return b.inherit(context, integrations, limits.Context)
}

func (b *Body) add(e *shape.Element) error {
	m := message{e.Text, e.Shape.Check()}
	if m.flaw == nil && !e.Valid {
		return ErrUnparsable
	}
	b.messages = append(b.messages, m)
	return nil
}

// inherit reads what the messages share. What is not an object is as good as none.
func (b *Body) inherit(context, integrations []byte, limit int64) error {
	if int64(len(b.messages))*int64(len(context)+len(integrations)) > limit {
		return ErrTooLarge
	}
	for _, shared := range [][]byte{context, integrations} {
		if s, _, _ := shape.Measure(shared); s.Check() != nil {
			return ErrTooLarge
		}
	}
	b.context, _ = object("context", context)
	b.integrations, _ = object("integrations", integrations)
	return nil
}

// WriteKey returns the write key that a body carries, "" if it has none. Not all libraries
// show it in a header.
func WriteKey(data []byte) string {
	var key string
	err := shape.Members(withoutMark(data), func(name string, value []byte) error {
		if name == "writeKey" {
			key, _ = text(name, value)
		}
		return nil
	})
	if err != nil {
		return ""
	}
	return key
}

// withoutMark returns data without a byte order mark.
func withoutMark(data []byte) []byte { return bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")) }
