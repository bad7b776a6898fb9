package snowflake

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/transport"
)

const (
	dialTimeout = 5 * time.Second
	idleTimeout = 10 * time.Minute

	// courtesyTimeout bounds what is sent when an attempt or the sink is over already: the
	// request to cancel a statement, and the one to end the session. The driver gives
	// them a context that never ends.
	courtesyTimeout = time.Second

	// maxAnswer bounds an answer. Those to the statements of this package are counts.
	maxAnswer = 8 << 20
)

// The paths of the protocol that matter here.
const (
	pathAbort   = "/queries/v1/abort-request"
	pathSession = "/session"
)

// carrier makes the driver's HTTP requests, in the place of its own transport. It calls the
// host of the session and no other. That leaves OCSP out, with which the driver's own
// transport asks the certificate authorities, and a cache of Snowflake, about each
// certificate, over plain http; certificates are verified as everywhere in Go.
type carrier struct {
	base   *http.Transport
	host   string // with port
	scheme string

	closed context.Context // done when the driver is closed
	close  context.CancelFunc
}

func newCarrier(s session, allowInsecure bool) *carrier {
	dialer := &net.Dialer{Timeout: dialTimeout}
	if s.scheme == "http" && !allowInsecure {
		dialer.ControlContext = onlyLoopback
	}
	c := &carrier{host: s.address(), scheme: s.scheme, base: &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         dialer.DialContext,
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout: dialTimeout,
		IdleConnTimeout:     idleTimeout,
		ForceAttemptHTTP2:   true,
	}}
	c.closed, c.close = context.WithCancel(context.Background())
	return c
}

// onlyLoopback sees the address after the name was looked up.
func onlyLoopback(_ context.Context, _, address string, _ syscall.RawConn) error {
	if ap, err := netip.ParseAddrPort(address); err == nil && ap.Addr().Unmap().IsLoopback() {
		return nil
	}
	return errors.New("plain http is allowed to this machine only; use https, or set allow_insecure: true for this sink")
}

// shut fails the requests under way and those that follow, and closes the connections.
func (c *carrier) shut() {
	c.close()
	c.base.CloseIdleConnections()
}

var (
	errElsewhere = errors.New("a request to another host than that of the account was refused")
	errClosed    = errors.New("the driver is closed")
)

// RoundTrip makes one request.
func (c *carrier) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != c.scheme || !strings.EqualFold(req.URL.Host, c.host) {
		return nil, errElsewhere
	}
	ctx, cancel := context.WithCancelCause(req.Context())
	stop := context.AfterFunc(c.closed, func() { cancel(errClosed) })
	done := func() { stop(); cancel(nil) }
	courtesy := req.URL.Path == pathAbort || req.URL.Path == pathSession
	if courtesy {
		timer := time.AfterFunc(courtesyTimeout, func() { cancel(context.DeadlineExceeded) })
		done = func() { timer.Stop(); stop(); cancel(nil) }
	}
	resp, err := c.base.RoundTrip(req.WithContext(ctx))
	if courtesy && (err != nil || resp.StatusCode != http.StatusOK) {
		resp, err = unanswered(req, resp), nil
	}
	note(req.Context(), resp)
	if err == nil && resp.StatusCode >= 300 && resp.StatusCode < 400 {
		err = redirected(resp)
	}
	if err != nil {
		done()
		return nil, withoutProxy(err)
	}
	resp.Body = &body{Reader: io.LimitReader(resp.Body, maxAnswer), Closer: resp.Body, done: done}
	return resp, nil
}

// unanswered stands for an answer to a courtesy that the driver does not try again.
func unanswered(req *http.Request, resp *http.Response) *http.Response {
	if resp != nil {
		_ = resp.Body.Close()
	}
	return &http.Response{
		Status: "400 Bad Request", StatusCode: http.StatusBadRequest, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: http.NoBody, Request: req,
	}
}

// redirected refuses a redirect: to follow it would turn a statement into a GET, or hand it
// and the token to another host. Only the host is named: the rest may hold a token.
func redirected(resp *http.Response) error {
	_ = resp.Body.Close()
	to := "nowhere"
	if location, err := resp.Location(); err == nil {
		to = location.Host
	}
	return fmt.Errorf("the answer is a redirect to %s, which is not followed", to)
}

// withoutProxy keeps the URL of a proxy, which may have a password, out of an error.
func withoutProxy(err error) error {
	var at *url.Error
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// body lets go of a request when its answer has been read.
type body struct {
	io.Reader
	io.Closer
	done func()
	once sync.Once
}

func (b *body) Close() error {
	err := b.Closer.Close()
	b.once.Do(b.done)
	return err
}

// exchange is what was last answered within an attempt, which the driver's errors tell in
// words only, or not at all.
type exchange struct {
	mu     sync.Mutex
	status int
	wait   time.Duration // that was asked for
}

type exchangeKey struct{}

// withExchange returns a context under which answers are noted.
func withExchange(ctx context.Context) (context.Context, *exchange) {
	e := new(exchange)
	return context.WithValue(ctx, exchangeKey{}, e), e
}

func note(ctx context.Context, resp *http.Response) {
	e, ok := ctx.Value(exchangeKey{}).(*exchange)
	if !ok {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.status, e.wait = 0, 0
	if resp != nil {
		e.status = resp.StatusCode
		e.wait, _ = transport.ParseRetryAfter(resp.Header, time.Now())
	}
}

// err says what an answer means that came from something before Snowflake's own API, such
// as a load balancer or a proxy; nil if the last answer was not of that kind.
func (e *exchange) err(attempted string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.status < 300 {
		return nil
	}
	err := fmt.Errorf("snowflake: %s: answered with HTTP status %d", attempted, e.status)
	switch {
	case e.status >= 500, e.status == http.StatusTooManyRequests, e.status == http.StatusRequestTimeout:
		if e.wait > 0 {
			return core.RetryAfter(e.wait, err)
		}
		return err
	case e.status == http.StatusRequestEntityTooLarge:
		return core.TooLarge(err)
	default:
		return core.Unauthorized(fmt.Errorf("%w; see to account, endpoint and what is between", err))
	}
}
