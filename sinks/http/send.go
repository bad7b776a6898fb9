package http

import (
	"context"
	"net/http"
	"slices"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/transport"
)

// part is what goes into one request: events of a batch, by index.
type part struct {
	url    string
	events []int
}

// parts divides a batch into requests: by event, by name if the URL has it, or not at all.
func (s *Sink) parts(batch []core.Sealed) []part {
	byEvent := s.body == bodyEvent
	if !byEvent && !s.template().hasEvent() {
		all := make([]int, len(batch))
		for i := range all {
			all[i] = i
		}
		return []part{{s.template().expand(""), all}}
	}
	var parts []part
	byName := map[string]int{}
	for i, event := range batch {
		name := ""
		if s.template().hasEvent() {
			name = event.Name()
		}
		k, seen := byName[name]
		if !seen || byEvent {
			k = len(parts)
			byName[name] = k
			parts = append(parts, part{url: s.template().expand(name)})
		}
		parts[k].events = append(parts[k].events, i)
	}
	return parts
}

// maxInARow is how many parts may be answered with a failure before the others are spared.
const maxInARow = 2

// Send makes the requests of a batch one after the other. When the server is plainly
// down, those that remain are not made, and their events get the same error.
func (s *Sink) Send(ctx context.Context, batch []core.Sealed) error {
	parts := s.parts(batch)
	outcome := new(core.BatchError)
	inARow := 0
	for i, p := range parts {
		err, answered := s.post(ctx, p, batch)
		if err == nil {
			inARow = 0
			continue
		}
		if len(parts) == 1 {
			return err
		}
		rest := parts[i : i+1]
		switch class, _ := core.Classify(err); class {
		case core.ClassPermanent, core.ClassTooLarge:
			if len(p.events) > 1 {
				if i == 0 {
					return err // nothing was delivered: the dispatcher may split all of it
				}
				err = unsplit{err} // the next batch begins with it
			}
		case core.ClassRefused:
		case core.ClassRetry:
			if inARow++; !answered || inARow == maxInARow {
				rest = parts[i:]
			}
		default: // a pause, or credentials that are not accepted
			rest = parts[i:]
		}
		for _, p := range rest {
			for _, event := range p.events {
				outcome.Fail(event, err)
			}
		}
		if len(rest) > 1 {
			break
		}
	}
	return outcome.OrNil()
}

// unsplit hides the class of an error about several events of a batch of which others
// were delivered: an error that names an event ends it, and only one of these is at
// fault. Without a class they come back as a batch of their own, which can be split.
type unsplit struct{ err error }

func (e unsplit) Error() string { return e.err.Error() }

// post makes one request. answered tells whether an answer came.
func (s *Sink) post(ctx context.Context, p part, batch []core.Sealed) (err error, answered bool) {
	req := transport.Request{Method: s.method, URL: p.url, Header: s.header(), Compression: s.encoding}
	if s.body == bodyEvent {
		req.Body = batch[p.events[0]].JSON()
	} else {
		buf, ok := s.buffers.Get().(*[]byte)
		if !ok {
			buf = new([]byte)
		}
		*buf = s.appendBody((*buf)[:0], p, batch)
		if cap(*buf) <= maxKept {
			defer s.buffers.Put(buf)
		}
		req.Body = *buf
	}
	resp, err := s.client.Do(ctx, req)
	if err != nil {
		return err, false
	}
	return s.client.Classify(req, resp), true
}

// maxKept is the largest buffer that is kept for reuse.
const maxKept = 4 << 20

// appendBody splices the events, which are not encoded again.
func (s *Sink) appendBody(dst []byte, p part, batch []core.Sealed) []byte {
	if s.body == bodyArray {
		dst = append(dst, '[')
	}
	for k, i := range p.events {
		if k > 0 && s.body == bodyArray {
			dst = append(dst, ',')
		}
		dst = append(dst, batch[i].JSON()...)
		if s.body == bodyNDJSON {
			dst = append(dst, '\n')
		}
	}
	if s.body == bodyArray {
		dst = append(dst, ']')
	}
	return dst
}

// Preview returns the requests that Send would make.
func (s *Sink) Preview(batch []core.Sealed) ([]core.Request, error) {
	var requests []core.Request
	for _, p := range s.parts(batch) {
		header := http.Header{"Content-Type": slices.Clone(s.header()["Content-Type"])}
		for name := range s.header() {
			switch name {
			case "Content-Type":
			case "Authorization":
				header[name] = []string{s.shownAuth}
			default:
				header[name] = []string{mask}
			}
		}
		if s.encoding != "none" {
			header.Set("Content-Encoding", s.encoding)
		}
		requests = append(requests, core.Request{
			Method: s.method, URL: s.template().show(batch[p.events[0]].Name()), Header: header, Body: string(s.appendBody(nil, p, batch)),
		})
	}
	return requests, nil
}
