package http

import (
	"context"
	nethttp "net/http"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/transport"
)

// checkName stands for {event} in the URL of a check.
const checkName = "headgate_check"

// Check connects to the server, then makes a HEAD request to the URL with the headers
// and the token that events are sent with. No event is reported, for HEAD has no body.
// An answer that refuses the credentials (401, 403, or 407 of a proxy) is an error of
// [core.ClassUnauthorized]. Any other answer means that the server can be reached: one
// that takes events need not know HEAD, so neither 404, 405 nor 5xx says that it would
// not take them, and credentials that it looks at for events only are not tried.
func (s *Sink) Check(ctx context.Context) error {
	url := s.template().expand(checkName)
	if err := s.client.Reach(ctx, url); err != nil {
		return err
	}
	header := s.header().Clone()
	header.Del("Content-Type") // there is no content
	req := transport.Request{Method: nethttp.MethodHead, URL: url, Header: header}
	resp, err := s.client.Do(ctx, req)
	if err != nil {
		return err
	}
	err = s.client.Classify(req, resp)
	if class, _ := core.Classify(err); class == core.ClassUnauthorized {
		return err
	}
	return nil
}
