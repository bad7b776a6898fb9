package transport

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/headgate-dev/headgate/core"
)

// Bounds of a request. Options.Timeout bounds all of it.
const (
	defaultTimeout = 30 * time.Second
	dialTimeout    = 5 * time.Second
	tlsTimeout     = 5 * time.Second
	headerTimeout  = 10 * time.Second
	idleTimeout    = 30 * time.Second // less than servers wait before they hang up
	idlePerHost    = 8

	maxResponseHeader = 64 << 10
	maxResponseBody   = 64 << 10
)

// Options configure a Client. The zero Options work.
type Options struct {
	// AllowInsecure allows plain http to hosts other than this one.
	AllowInsecure bool
	// Secrets never appear in an error, whether as they are or URL-, base64- or JSON-encoded.
	Secrets []core.Secret
	// UserAgent is "headgate" if empty.
	UserAgent string
	// Timeout bounds a request and its response, repeats included; 30 s if zero. The
	// context of a request may bound it further.
	Timeout time.Duration
	// MaxIdle is the number of connections to a host that are kept for reuse; 8 if zero.
	MaxIdle int
	// RootCAs verify servers; the system's if nil.
	RootCAs *x509.CertPool
	// Certificates are presented to servers that ask for one.
	Certificates []tls.Certificate
	// Proxy chooses a proxy for a request; [http.ProxyFromEnvironment] if nil.
	Proxy func(*http.Request) (*url.URL, error)
}

// ErrClosed means that the Client was closed, before or during the request.
var ErrClosed = errors.New("the HTTP client is closed")

// Client makes requests. It is safe for concurrent use and must be closed.
type Client struct {
	http      *retryablehttp.Client
	transport *http.Transport
	dialer    *dialer
	tls       *tls.Config
	proxy     func(*http.Request) (*url.URL, error)
	insecure  bool
	agent     string
	timeout   time.Duration
	redactor  redactor
	own       map[core.Secret]bool // what Options.Secrets has
	compress  compressor

	closed context.Context // done when the client is closed
	close  context.CancelCauseFunc
	once   sync.Once
}

// New makes a Client. It does not touch the network.
func New(o Options) (*Client, error) {
	if o.Timeout < 0 || o.MaxIdle < 0 {
		return nil, fmt.Errorf("timeout %v or idle connections %d is negative", o.Timeout, o.MaxIdle)
	}
	c := &Client{
		insecure: o.AllowInsecure,
		agent:    cmp.Or(o.UserAgent, "headgate"),
		timeout:  cmp.Or(o.Timeout, defaultTimeout),
		redactor: newRedactor(o.Secrets),
		own:      make(map[core.Secret]bool),
		proxy:    proxyOf(o.Proxy),
		tls:      &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.RootCAs, Certificates: o.Certificates},
	}
	if err := CheckHeader("User-Agent", c.agent); err != nil {
		return nil, err
	}
	for _, s := range o.Secrets {
		c.own[s] = true
	}
	c.closed, c.close = context.WithCancelCause(context.Background())
	c.dialer = newDialer(c.closed)
	idle := cmp.Or(o.MaxIdle, idlePerHost)
	c.transport = &http.Transport{
		Proxy:                  c.proxy,
		DialContext:            c.dialer.dial,
		TLSClientConfig:        c.tls,
		TLSHandshakeTimeout:    tlsTimeout,
		ResponseHeaderTimeout:  headerTimeout,
		ExpectContinueTimeout:  time.Second,
		IdleConnTimeout:        idleTimeout,
		MaxIdleConns:           4 * idle,
		MaxIdleConnsPerHost:    idle,
		MaxResponseHeaderBytes: maxResponseHeader,
		DisableCompression:     true, // answers are small; nothing can then unpack to more than it sends
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 5 * time.Second},
	}
	c.http = &retryablehttp.Client{
		HTTPClient: &http.Client{
			Transport:     keepRedirects{c.transport},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		Logger:       nil, // it would print URLs with their queries
		RetryMax:     maxRepeats,
		RetryWaitMin: repeatWait,
		RetryWaitMax: repeatWait << maxRepeats,
		CheckRetry:   repeats,
		Backoff:      repeatAfter,
		ErrorHandler: retryablehttp.PassthroughErrorHandler, // keeps the response of the last try
	}
	return c, nil
}

// Close fails the requests under way and closes all connections. It may be called twice.
func (c *Client) Close() {
	c.once.Do(func() { c.close(ErrClosed) })
	c.transport.CloseIdleConnections()
}

// proxyOf keeps what a proxy variable holds out of errors: it may be a password.
func proxyOf(choose func(*http.Request) (*url.URL, error)) func(*http.Request) (*url.URL, error) {
	if choose == nil {
		choose = http.ProxyFromEnvironment
	}
	return func(r *http.Request) (*url.URL, error) {
		proxy, err := choose(r)
		if err != nil {
			return nil, errors.New("the address of the proxy cannot be read; check HTTPS_PROXY and HTTP_PROXY")
		}
		return proxy, nil
	}
}

// hostPort returns where to connect for u.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}
