package server

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// Options say what a [Server] takes, and from whom. Their zero fields stand for defaults;
// only Gate is required.
type Options struct {
	// Gate takes the events.
	Gate Gate

	// Listen is the address to listen on; 127.0.0.1:8430 if empty. Port 0 has one chosen.
	Listen string
	// WriteKeys are the keys that senders must show. Without any, everybody who reaches
	// the server may send, so that it listens on loopback addresses only.
	WriteKeys []core.Secret
	// AllowedOrigins are the origins, such as https://app.example.com, whose pages may send
	// from a browser. None if empty.
	AllowedOrigins []string
	// CertFile and KeyFile are PEM files of a certificate and its key; with both, the
	// server speaks TLS. They are read again when they change.
	CertFile, KeyFile string

	// MaxBody bounds a body in bytes, compressed and decompressed; 5 MiB if zero.
	MaxBody int64
	// MaxEvents bounds the events in a body; 10,000 if zero.
	MaxEvents int
	// MaxInFlight bounds the bytes of memory that all bodies that are being read and taken have together: each up to
	// four times its length, five while it grows. 64 MiB if zero.
	MaxInFlight int64
	// MaxConnections bounds the connections open at once; 4096 if zero. More wait to be accepted.
	MaxConnections int
	// RateLimit is how many events per second a write key may send; no limit if zero. A body
	// is taken whole while any of the second's events is left, and what it takes beyond
	// is missing afterwards.
	RateLimit float64

	// Middleware, if not nil, is put around all that is answered: to measure requests, with
	// [Route] to tell them apart.
	Middleware func(http.Handler) http.Handler

	// Logger gets a line when something needs the operator's attention. Nothing is logged
	// without it.
	Logger *slog.Logger
}

const defaultListen = "127.0.0.1:8430"

// The phases of a connection; https://blog.cloudflare.com/the-complete-guide-to-golang-net-http-timeouts
// tells what each covers. The time to write starts with that to read.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 15 * time.Second
	writeTimeout      = 30 * time.Second
	idleTimeout       = 60 * time.Second

	// maxHeaderBytes leaves room for the query of a Langflow event, whose error texts are not
	// bounded by their sender.
	maxHeaderBytes = 256 << 10
	maxStreams     = 128 // of an HTTP/2 connection
)

// withDefaults returns the options with nothing left to default, or what is wrong with them.
func (o Options) withDefaults() (Options, error) {
	o.Listen = cmp.Or(o.Listen, defaultListen)
	o.MaxBody = cmp.Or(o.MaxBody, 5<<20)
	o.MaxEvents = cmp.Or(o.MaxEvents, 10_000)
	o.MaxInFlight = cmp.Or(o.MaxInFlight, 64<<20)
	o.MaxConnections = cmp.Or(o.MaxConnections, 4096)
	o.Logger = cmp.Or(o.Logger, slog.New(slog.DiscardHandler))
	return o, errors.Join(o.check()...)
}

func (o *Options) check() (problems []error) {
	problem := func(format string, args ...any) { problems = append(problems, fmt.Errorf("server: "+format, args...)) }
	if o.Gate == nil {
		problem("no gate to hand events to")
	}
	for i, key := range o.WriteKeys {
		if key.IsZero() {
			problem("write_keys[%d] is empty; a variable that it names may not be set", i)
		}
	}
	if _, _, err := net.SplitHostPort(o.Listen); err != nil {
		problem("listen %q is not an address such as %s", o.Listen, defaultListen)
	} else if len(o.WriteKeys) == 0 && !isLoopback(o.Listen) {
		problem("listen %s can be reached from other machines: set write_keys, or listen on a loopback address such as %s", o.Listen, defaultListen)
	}
	for _, origin := range o.AllowedOrigins {
		if !isOrigin(origin) {
			problem("cors.allowed_origins has %q, which is not an exact origin such as https://app.example.com", origin)
		}
	}
	if (o.CertFile == "") != (o.KeyFile == "") {
		problem("tls needs both cert_file and key_file")
	}
	for _, bound := range []struct {
		name  string
		value float64
	}{
		{"max_body", float64(o.MaxBody)}, {"max_events", float64(o.MaxEvents)}, {"max_in_flight", float64(o.MaxInFlight)},
		{"max_connections", float64(o.MaxConnections)}, {"rate_limit", o.RateLimit},
	} {
		if bound.value < 0 {
			problem("%s must not be negative", bound.name)
		}
	}
	return problems
}

// isLoopback reports whether an address to listen on can be reached from this machine only.
// A name other than localhost may resolve to anything.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && isLoopbackHost(host)
}

func isLoopbackHost(host string) bool {
	if strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.Unmap().IsLoopback()
}

// isOrigin reports whether s is an origin as a browser sends it: scheme, host and port, in
// lower case, nothing else.
func isOrigin(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https") && s == strings.ToLower(u.Scheme+"://"+u.Host)
}
