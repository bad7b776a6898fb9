package segment

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"sync/atomic"
	"time"

	"github.com/segmentio/analytics-go/v3"

	"github.com/headgate-dev/headgate/core"
)

const (
	// roomWait bounds how long Enqueue waits for room in a queue whose policy is to block.
	roomWait = time.Second
	// flushWait bounds Close, as analytics-go bounds the attempt that its Close waits for.
	flushWait = 10 * time.Second
)

// NewClient returns a client for programs that use analytics-go, over a dispatcher:
//
//	client := segment.NewClient(dispatcher) // was: analytics.New(writeKey)
//
// Enqueue takes the messages of analytics-go, or pointers to them, and refuses what analytics-go
// refuses, with the same errors. It does not wait: only where the queue is full and its policy
// is to block, for up to a second. A full queue is [analytics.ErrTooManyRequests]. A name or an
// id that no event can have, of more than 256 bytes for instance, is [core.ErrInvalidEvent], and
// so is a context that JSON has no form for, of which analytics-go only tells its callback. The
// size of a message is for each sink to judge. Enqueue returns nil for messages that consent
// keeps from being reported, and for those whose MessageId was taken before.
//
// Close waits up to 10 s until every sink has finished what was enqueued, and returns an error
// if that took longer; the dispatcher, which is not closed, goes on. After Close, Enqueue and
// Close return [analytics.ErrClosed].
//
// What analytics.Config tells a client is told to the dispatcher: Endpoint, Interval, BatchSize,
// Transport and RetryAfter are options of sinks, Logger is [core.WithLogger]. There is no
// Callback: what becomes of messages is told by [core.Dispatcher.Stats] and
// [core.Dispatcher.DeadLetters]. There is no DefaultContext but context.app, from [core.Config].
//
// The client is safe for concurrent use, and starts no goroutine.
func NewClient(d *core.Dispatcher) analytics.Client { return &client{dispatcher: d} }

type client struct {
	dispatcher *core.Dispatcher
	closed     atomic.Bool
}

// Enqueue reports a message.
func (c *client) Enqueue(msg analytics.Message) error {
	msg = dereferenced(msg)
	if msg == nil {
		return errors.New("the message is nil")
	}
	if err := msg.Validate(); err != nil {
		return err
	}
	event, err := eventOf(msg)
	if err != nil {
		return err
	}
	if c.closed.Load() {
		return analytics.ErrClosed
	}
	ctx, cancel := context.WithTimeout(context.Background(), roomWait)
	defer cancel()
	switch err := c.dispatcher.Enqueue(ctx, event); {
	case errors.Is(err, core.ErrClosed):
		return analytics.ErrClosed
	case errors.Is(err, core.ErrQueueFull):
		return fmt.Errorf("%w: %w", analytics.ErrTooManyRequests, err)
	default:
		return err
	}
}

// Close waits until the sinks have finished.
func (c *client) Close() error {
	if c.closed.Swap(true) {
		return analytics.ErrClosed
	}
	ctx, cancel := context.WithTimeout(context.Background(), flushWait)
	defer cancel()
	return c.dispatcher.Flush(ctx)
}

// dereferenced returns the message that a pointer leads to, nil for one that leads nowhere.
func dereferenced(msg analytics.Message) analytics.Message {
	switch m := msg.(type) {
	case *analytics.Alias:
		return valueOf(m)
	case *analytics.Group:
		return valueOf(m)
	case *analytics.Identify:
		return valueOf(m)
	case *analytics.Page:
		return valueOf(m)
	case *analytics.Screen:
		return valueOf(m)
	case *analytics.Track:
		return valueOf(m)
	}
	return msg
}

func valueOf[M analytics.Message](m *M) analytics.Message {
	if m == nil {
		return nil
	}
	return *m
}

// eventOf returns the event of a message, which must be of a type of analytics-go.
func eventOf(msg analytics.Message) (core.Event, error) {
	var (
		e            core.Event
		ctx          *analytics.Context
		integrations analytics.Integrations
	)
	switch m := msg.(type) {
	case analytics.Track:
		e = core.Event{ID: m.MessageId, Name: m.Event, Time: m.Timestamp, UserID: m.UserId, AnonymousID: m.AnonymousId, Props: core.Props(m.Properties)}
		ctx, integrations = m.Context, m.Integrations
	case analytics.Identify:
		e = core.Event{Kind: core.KindIdentify, ID: m.MessageId, Time: m.Timestamp, UserID: m.UserId, AnonymousID: m.AnonymousId, Props: core.Props(m.Traits)}
		ctx, integrations = m.Context, m.Integrations
	case analytics.Page:
		e = core.Event{Kind: core.KindPage, Name: m.Name, ID: m.MessageId, Time: m.Timestamp, UserID: m.UserId, AnonymousID: m.AnonymousId, Props: core.Props(m.Properties)}
		ctx, integrations = m.Context, m.Integrations
	case analytics.Screen:
		e = core.Event{Kind: core.KindScreen, Name: m.Name, ID: m.MessageId, Time: m.Timestamp, UserID: m.UserId, AnonymousID: m.AnonymousId, Props: core.Props(m.Properties)}
		ctx, integrations = m.Context, m.Integrations
	case analytics.Group:
		e = core.Event{Kind: core.KindGroup, ID: m.MessageId, Time: m.Timestamp, UserID: m.UserId, AnonymousID: m.AnonymousId, Props: with(m.Traits, "groupId", m.GroupId)}
		ctx, integrations = m.Context, m.Integrations
	case analytics.Alias:
		e = core.Event{Kind: core.KindAlias, ID: m.MessageId, Time: m.Timestamp, UserID: m.UserId, Props: with(nil, "previousId", m.PreviousId)}
		ctx, integrations = m.Context, m.Integrations
	default:
		return e, fmt.Errorf("messages with custom types cannot be enqueued: %T", msg)
	}
	if e.Name == "" {
		e.Name = e.Kind.String()
	}
	var err error
	e.Context, err = contextProps(ctx, integrations)
	e.SessionID = sessionOf(e.Context)
	return e, err
}

// sessionOf returns the session that a context names: where Segment's libraries put it, or
// what was said of it to its destination Amplitude. "" if it names none.
// https://segment.com/docs/connections/destinations/catalog/actions-amplitude "session_id"
func sessionOf(props core.Props) string {
	integrations, _ := props["integrations"].(map[string]any)
	for _, place := range []struct {
		in  map[string]any
		key string
	}{
		{props, "sessionId"}, {props, "session_id"},
		{optionsOf(integrations, "Actions Amplitude"), "session_id"}, {optionsOf(integrations, "Amplitude"), "session_id"},
	} {
		var id string
		switch v := place.in[place.key].(type) {
		case string:
			id = v
		case json.Number:
			id = v.String()
		case int, int64, float64:
			text, _ := json.Marshal(v)
			id = string(text)
		}
		if !core.IsPlaceholder(id) {
			return id
		}
	}
	return ""
}

// optionsOf returns what was said to a destination.
func optionsOf(integrations map[string]any, destination string) map[string]any {
	options, _ := integrations[destination].(map[string]any)
	return options
}

// with returns a copy of traits with one more member.
func with(traits analytics.Traits, key, value string) core.Props {
	props := core.Props(maps.Clone(traits))
	if props == nil {
		props = core.Props{}
	}
	props[key] = value
	return props
}

// contextProps returns the context of a message as that of an event.
func contextProps(ctx *analytics.Context, integrations analytics.Integrations) (core.Props, error) {
	var props core.Props
	if ctx != nil {
		text, err := json.Marshal(ctx)
		if err != nil {
			return nil, fmt.Errorf("%w: the context cannot be encoded as JSON", core.ErrInvalidEvent)
		}
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.UseNumber()
		if err := dec.Decode(&props); err != nil {
			return nil, fmt.Errorf("%w: the context cannot be encoded as JSON", core.ErrInvalidEvent)
		}
	}
	if len(integrations) > 0 {
		if props == nil {
			props = core.Props{}
		}
		props["integrations"] = map[string]any(integrations)
	}
	return props, nil
}

var _ analytics.Client = (*client)(nil)
