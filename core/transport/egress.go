package transport

import (
	"context"
	"errors"
	"unsafe"

	"github.com/headgate-dev/headgate/core"
)

// errCredential ends a request before it is sent. It is permanent, so that the event at fault is
// found and the others are delivered.
var errCredential = core.Permanent(errors.New("the request was not sent: there is a credential of the configuration in it, where none belongs"))

// checkEgress looks for the credentials of the context, see [core.WithCredentials], in what is about
// to be sent: in the body, where only BodySecret belongs, and in the URL and the headers, where
// those of this client do.
func (c *Client) checkEgress(ctx context.Context, req Request) error {
	all := core.CredentialsOf(ctx)
	if all == nil {
		return nil
	}
	once := false
	for _, s := range all.Found(unsafe.String(unsafe.SliceData(req.Body), len(req.Body))) {
		if s != req.BodySecret || once {
			return errCredential
		}
		once = true
	}
	texts := []string{req.URL}
	for name, values := range req.Header {
		texts = append(append(texts, name), values...)
	}
	for _, text := range texts {
		for _, s := range all.Found(text) {
			if !c.own[s] {
				return errCredential
			}
		}
	}
	return nil
}
