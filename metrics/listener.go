package metrics

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// defaultListen is the port of Langflow's metrics, on this machine only.
const defaultListen = "127.0.0.1:9090"

// Listener serves a registry on a port of its own.
type Listener struct {
	server *http.Server
	addr   net.Addr
	served sync.WaitGroup
}

// Listen serves the metrics at /metrics of an address, 127.0.0.1:9090 if it is empty, in a
// goroutine of its own that Close ends. ctx bounds the start only. There is no
// authentication: an address that other machines can reach needs a network that keeps
// strangers out. A port in use is an error, and so is a registry with nothing to serve.
func (r *Registry) Listen(ctx context.Context, address string) (*Listener, error) {
	if !r.Serving() {
		return nil, errors.New("metrics: there is nothing to serve: Prometheus is off, or the metrics go to a provider that was given")
	}
	address = cmp.Or(address, defaultListen)
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("metrics: cannot listen: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("/metrics", r.Handler())
	l := &Listener{addr: listener.Addr(), server: &http.Server{
		Handler:           forThisMachine(listener.Addr(), mux),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(r.logger.Handler(), slog.LevelDebug),
	}}
	l.served.Go(func() {
		if err := l.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			r.logger.Error("metrics are not served any more", "error", err)
		}
	})
	return l, nil
}

// Addr returns the address that is listened on.
func (l *Listener) Addr() net.Addr { return l.addr }

// Close stops listening and waits for the scrapes under way, at most until ctx is done.
func (l *Listener) Close(ctx context.Context) error {
	err := l.server.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, l.server.Close())
	}
	l.served.Wait()
	return err
}

// forThisMachine has a handler answer on a loopback address only requests for a loopback host:
// a page whose name its owner points at 127.0.0.1 could read the metrics else.
func forThisMachine(listening net.Addr, next http.Handler) http.Handler {
	if !isLoopback(listening.String()) {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if !isLoopback(req.Host) {
			http.Error(w, "this address answers for localhost only", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, req)
	})
}

// isLoopback takes a host, with a port or without.
func isLoopback(address string) bool {
	host := address
	if h, _, err := net.SplitHostPort(address); err == nil {
		host = h
	}
	if strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.Unmap().IsLoopback()
}
