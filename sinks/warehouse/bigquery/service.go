package bigquery

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	rest "google.golang.org/api/bigquery/v2"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/headgate-dev/headgate/sinks/warehouse"
)

// network is what connections are made with; the zero network is the machine's.
type network struct {
	dial  func(ctx context.Context, network, address string) (net.Conn, error)
	roots *x509.CertPool
}

var errClosed = errors.New("the driver is closed")

// service is BigQuery as this driver reaches it. It connects when it is first used.
type service struct {
	config  func() warehouse.Config // a function, which fmt shows nothing of
	network network

	mu     sync.Mutex
	closed bool
	web    *web
	conn   *grpc.ClientConn
}

// web is what goes over plain HTTP: the REST API, and asking for tokens.
type web struct {
	transport *http.Transport
	tokens    *tokens
	api       *rest.Service
}

func newService(o warehouse.Options, n network) *service {
	c := o.Config
	return &service{config: func() warehouse.Config { return c }, network: n}
}

// http returns the REST API. It does not touch the network.
func (s *service) http() (*web, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return nil, errClosed
	case s.web != nil:
		return s.web, nil
	}
	c := s.config()
	w := &web{transport: newTransport(s.network)}
	client := func(rt http.RoundTripper) *http.Client {
		return &http.Client{Transport: rt, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	asking := client(w.transport)
	asking.Timeout = tokenTimeout
	w.tokens = newTokens(c, asking)
	// With a client and an endpoint of our own none of the library's are made, which
	// would trace, look for certificates and ask for the credentials of the machine.
	api, err := rest.NewService(context.Background(),
		option.WithHTTPClient(client(authorized{w.tokens, w.transport})),
		option.WithEndpoint(restBase(c)+"/bigquery/v2/"),
		option.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		w.transport.CloseIdleConnections()
		return nil, err
	}
	api.UserAgent = userAgent
	w.api, s.web = api, w
	return w, nil
}

const (
	userAgent    = "headgate"
	dialTimeout  = 5 * time.Second
	tokenTimeout = 10 * time.Second
	idleTimeout  = 30 * time.Second
)

func newTransport(n network) *http.Transport {
	dial := n.dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: dialTimeout}).DialContext
	}
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: dial, TLSClientConfig: tlsConfig(n), ForceAttemptHTTP2: true,
		TLSHandshakeTimeout: dialTimeout, MaxIdleConnsPerHost: 2, IdleConnTimeout: idleTimeout,
	}
}

func tlsConfig(n network) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: n.roots}
}

// authorized adds to requests who makes them.
type authorized struct {
	tokens *tokens
	next   http.RoundTripper
}

func (a authorized) RoundTrip(req *http.Request) (*http.Response, error) {
	headers, err := a.tokens.headers(req.Context())
	if err != nil {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, err
	}
	req = req.Clone(req.Context())
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	resp, err := a.next.RoundTrip(req)
	if err == nil && resp.StatusCode == http.StatusUnauthorized {
		a.tokens.forget()
	}
	return resp, err
}

// grpc returns the connection to the Storage Write API. It does not touch the network: the
// connection is made by the first call on it.
func (s *service) grpc() (*grpc.ClientConn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return nil, errClosed
	case s.conn != nil:
		return s.conn, nil
	}
	u, err := url.Parse(writeBase(s.config()))
	if err != nil {
		return nil, err
	}
	secure := strings.EqualFold(u.Scheme, "https")
	options := []grpc.DialOption{
		grpc.WithUserAgent(userAgent),
		grpc.WithDisableServiceConfig(), // no look into DNS for how often to try again
		grpc.WithTransportCredentials(insecure.NewCredentials()),
	}
	if secure {
		options = append(options, grpc.WithTransportCredentials(credentials.NewTLS(tlsConfig(s.network))))
	}
	if dial := s.network.dial; dial != nil {
		options = append(options, grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
			return dial(ctx, "tcp", address)
		}))
	}
	// passthrough leaves the name to the dialer, which needs no look for SRV records.
	s.conn, err = grpc.NewClient("passthrough:///"+hostPort(u, secure), options...)
	return s.conn, err
}

// hostPort returns the address of a URL, with the port that its scheme has.
func hostPort(u *url.URL, secure bool) string {
	switch {
	case u.Port() != "":
		return u.Host
	case secure:
		return net.JoinHostPort(u.Hostname(), "443")
	default:
		return net.JoinHostPort(u.Hostname(), "80")
	}
}

// hangUp closes a connection, so that the next call makes a new one: it may be dead
// without anybody having said so.
func (s *service) hangUp(conn *grpc.ClientConn) {
	s.mu.Lock()
	if s.conn == conn {
		s.conn = nil
	}
	s.mu.Unlock()
	_ = conn.Close()
}

// close ends all of it for good.
func (s *service) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.conn != nil {
		_ = s.conn.Close()
		s.conn = nil
	}
	if s.web != nil {
		s.web.transport.CloseIdleConnections()
	}
}
