// Package transport is HTTP for sink authors: one attempt, no surprises.
//
// A [Client] makes one request and tells what became of it in the error classes of
// core, so that the dispatcher can decide what to do:
//
//	c, err := transport.New(transport.Options{Secrets: []core.Secret{token}})
//	…
//	err = c.Send(ctx, transport.Request{URL: url, Header: header, Body: body, Compression: "gzip"})
//
// What it takes care of: redirects are never followed (a followed 302 turns a POST into
// a GET without a body and reports success, a followed 307 hands the data to another
// host); https is required except to this machine; every wait and every response is
// bounded; an error names the host and nothing else of the URL, and never contains a
// secret; connections are reused, and closed with the client.
//
// Retrying belongs to the dispatcher. The client repeats a request by itself only when
// the server provably never saw it, because no connection to it was made, and then
// twice at most, within a fraction of a second.
package transport
