package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// dialer connects, to loopback addresses alone when the request asks for it. It hangs up when the
// client is closed: net/http finishes a connection that was begun for a request which is given up, and
// would keep it for another request.
type dialer struct {
	open     net.Dialer
	loopback net.Dialer
	closed   context.Context // done when the client is closed
}

func newDialer(closed context.Context) *dialer {
	open := net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}
	loopback := open
	loopback.ControlContext = refuseNetwork
	return &dialer{open: open, loopback: loopback, closed: closed}
}

// connection is one that is closed with its client.
type connection struct {
	net.Conn
	forget func() bool
}

func (c connection) Close() error {
	c.forget()
	return c.Conn.Close()
}

type loopbackKey struct{}

// onlyLoopback asks that connections for a request be made to this machine alone.
func onlyLoopback(ctx context.Context) context.Context {
	return context.WithValue(ctx, loopbackKey{}, true)
}

func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(d.closed, cancel)()
	with := &d.open
	if only, _ := ctx.Value(loopbackKey{}).(bool); only {
		with = &d.loopback
	}
	to, err := with.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return connection{to, context.AfterFunc(d.closed, func() { _ = to.Close() })}, nil
}

// refuseNetwork sees the address after the name was looked up and before a connection
// is tried, so that a name that only claims to be this machine is found out.
func refuseNetwork(_ context.Context, _, address string, _ syscall.RawConn) error {
	if ap, err := netip.ParseAddrPort(address); err == nil && ap.Addr().Unmap().IsLoopback() {
		return nil
	}
	return core.Refused(fmt.Errorf("plain http is allowed to this machine only, and the name leads to %s; use https, or set allow_insecure: true for this sink", address))
}

// Reach connects to the host of a URL, up to the TLS handshake for https, and hangs up:
// no request is sent. Behind a proxy only the proxy is reached.
func (c *Client) Reach(ctx context.Context, rawURL string) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	if err := CheckURL(rawURL, c.insecure); err != nil {
		return core.Refused(err)
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		return core.Refused(errors.New("the URL cannot be parsed"))
	}
	return c.redactor.redact(c.reach(ctx, u), "connect to "+u.Host, true)
}

func (c *Client) reach(ctx context.Context, u *url.URL) error {
	proxy, err := c.proxy(&http.Request{Method: http.MethodPost, URL: u, Header: http.Header{}})
	if err != nil {
		return err
	}
	if proxy != nil {
		conn, err := c.dialer.dial(ctx, "tcp", hostPort(proxy))
		if err != nil {
			return fmt.Errorf("through the proxy: %w", err)
		}
		return conn.Close()
	}
	if u.Scheme == "http" && !c.insecure {
		ctx = onlyLoopback(ctx)
	}
	conn, err := c.dialer.dial(ctx, "tcp", hostPort(u))
	if err != nil {
		return err
	}
	defer conn.Close()
	if u.Scheme != "https" {
		return nil
	}
	config := c.tls.Clone()
	config.ServerName = u.Hostname()
	ctx, cancel := context.WithTimeout(ctx, tlsTimeout)
	defer cancel()
	return tls.Client(conn, config).HandshakeContext(ctx)
}
