package http

import (
	"context"
	"errors"
	"net/url"

	"github.com/headgate-dev/headgate/core"
)

// Deletion says whom to ask: this sink posts events, and knows no way to take them back.
func (s *Sink) Deletion(core.PersonIDs) (core.Deletion, error) {
	host := "the server"
	if u, err := url.Parse(s.template().expand("event")); err == nil && u.Host != "" {
		host = u.Host
	}
	return core.Deletion{Notes: []string{"headgate knows no request by which " + host + " deletes events: ask whoever runs it"}}, nil
}

// Forget is an error: there is nothing that it could ask.
func (s *Sink) Forget(context.Context, core.PersonIDs) (string, error) {
	return "", errors.New("there is no request by which the server deletes events")
}

var _ core.Forgetter = (*Sink)(nil)
