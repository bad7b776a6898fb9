package transport

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/headgate-dev/headgate/core"
)

// Request is what to send. Only URL is required.
type Request struct {
	// Method is POST if empty.
	Method string
	// URL is https, or http to this machine, see [CheckURL].
	URL string
	// Header is sent as it is, "Host" included. It is not changed.
	Header http.Header
	// Body is neither changed nor read any more once the request has returned.
	Body []byte
	// BodySecret is a secret of the client's that the body has once, where the destination wants
	// it. Another secret in the body, or this one twice, keeps the request from being sent.
	BodySecret core.Secret
	// Compression of the body is "gzip", "zstd", or "none" (also ""). It sets Content-Encoding.
	Compression string
}

// Response is what came back.
type Response struct {
	Status int
	Header http.Header
	// Body is at most the first 64 KiB.
	Body []byte
	// Truncated says that the body was longer, or broke off.
	Truncated bool
}

// Send makes the request and returns nil for a 2xx answer, else an error of the class
// that [Classify] gives the answer. An answer that did not arrive is an error to retry.
func (c *Client) Send(ctx context.Context, req Request) error {
	resp, err := c.Do(ctx, req)
	if err != nil {
		return err
	}
	return c.Classify(req, resp)
}

// Classify is the function [Classify] for an answer to req, with the host named and
// secrets removed: for sinks that read an answer before they judge it.
func (c *Client) Classify(req Request, resp *Response) error {
	if resp.Status/100 == 2 {
		return nil
	}
	// Secrets go before the body is cut, lest a part of one remain.
	body := []byte(c.redactor.replacer.Replace(string(resp.Body)))
	return c.redactor.redact(Classify(resp.Status, resp.Header, body, time.Now()), req.describe(), false)
}

// Redact is the function [Redact] with the secrets of the client.
func (c *Client) Redact(err error) error { return c.redactor.redact(err, "", false) }

// Do makes the request and returns the answer, whatever its status. An error means that
// no answer arrived, or that a 2xx answer broke off; see [NeverSent]. It is to be
// retried unless it is of another class: a request that cannot be made is refused.
func (c *Client) Do(ctx context.Context, req Request) (*Response, error) {
	var a attempt
	resp, err := c.do(ctx, req, &a)
	if err == nil {
		return resp, nil
	}
	if c.closed.Err() != nil && ctx.Err() == nil {
		err = ErrClosed
	}
	return nil, c.redactor.redact(err, req.describe(), !a.sent.Load())
}

// attempt is what is learnt on the way about one request.
type attempt struct {
	// sent is set when a connection is handed to the request, after which nothing can
	// be known about what the server has seen.
	sent atomic.Bool
	// location is the header of that name of a redirect.
	location string
}

type attemptKey struct{}

func (c *Client) do(ctx context.Context, req Request, a *attempt) (*Response, error) {
	if c.closed.Err() != nil {
		return nil, ErrClosed
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	defer context.AfterFunc(c.closed, cancel)()
	ctx = context.WithValue(ctx, attemptKey{}, a)
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { a.sent.Store(true) },
	})

	r, release, err := c.build(ctx, req)
	if err != nil {
		if class, _ := core.Classify(err); class == core.ClassPermanent {
			return nil, err
		}
		return nil, core.Refused(err)
	}
	defer release()
	resp, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if a.location != "" {
		resp.Header.Set("Location", a.location)
	}
	return read(resp)
}

// keepRedirects hides Location from net/http, which reads it even when it is told not to
// follow, and on one it cannot read gives up the answer for an error that quotes it.
type keepRedirects struct{ *http.Transport }

func (k keepRedirects) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := k.Transport.RoundTrip(r)
	if err == nil && resp.StatusCode/100 == 3 {
		if a, ok := r.Context().Value(attemptKey{}).(*attempt); ok {
			a.location = resp.Header.Get("Location")
		}
		resp.Header.Del("Location")
	}
	return resp, err
}

// build makes the request for net/http. Its body may be read, in another goroutine,
// until release is called, and not after.
func (c *Client) build(ctx context.Context, req Request) (r *retryablehttp.Request, release func(), err error) {
	if err := CheckURL(req.URL, c.insecure); err != nil {
		return nil, nil, err
	}
	if err := c.checkEgress(ctx, req); err != nil {
		return nil, nil, err
	}
	body, done, err := c.compress.body(req.Body, req.Compression)
	if err != nil {
		return nil, nil, err
	}
	guard := &guard{data: body}
	var raw any // an interface that holds nothing, unlike a nil ReaderFunc, means no body
	if len(body) > 0 {
		raw = retryablehttp.ReaderFunc(func() (io.Reader, error) { return &guardedReader{guard: guard}, nil })
	}
	if r, err = retryablehttp.NewRequestWithContext(ctx, cmp.Or(req.Method, http.MethodPost), req.URL, raw); err != nil {
		return nil, nil, errors.New("the method or the URL is not valid")
	}
	if r.URL.Scheme == "http" && !c.insecure {
		r.Request = r.Request.WithContext(onlyLoopback(r.Context()))
	}
	for name, values := range req.Header {
		for _, v := range values {
			if err := CheckHeader(name, v); err != nil {
				return nil, nil, err
			}
			r.Header.Add(name, v)
		}
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
	}
	if r.Header.Get("User-Agent") == "" {
		r.Header.Set("User-Agent", c.agent)
	}
	if encoding := encodingOf(req.Compression); encoding != "" {
		r.Header.Set("Content-Encoding", encoding)
	}
	return r, func() { guard.revoke(); done() }, nil
}

// read takes a bounded part of the answer, all of it as a rule, so that the connection
// can be used again.
func read(resp *http.Response) (*Response, error) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxResponseBody+1))
	got := &Response{Status: resp.StatusCode, Header: resp.Header, Body: body, Truncated: err != nil}
	if len(body) > maxResponseBody {
		got.Body, got.Truncated = body[:maxResponseBody], true
	}
	if err != nil && resp.StatusCode/100 == 2 { // any other status has said enough
		return nil, fmt.Errorf("the answer %d broke off: %w", resp.StatusCode, err)
	}
	return got, nil
}

// describe names the request without anything of its URL but the host.
func (r Request) describe() string {
	method := cmp.Or(r.Method, http.MethodPost)
	if strings.ContainsFunc(method, func(c rune) bool { return c < 'A' || c > 'Z' }) {
		method = "request"
	}
	if u, err := url.Parse(r.URL); err == nil && u.Host != "" {
		return method + " " + u.Host
	}
	return method
}
