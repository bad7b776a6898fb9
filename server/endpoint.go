package server

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"sync"
)

// endpoint is an http.Server with the socket it serves.
type endpoint struct {
	http    *http.Server
	address string
	tls     bool
	wrap    func(net.Listener) net.Listener
	allow   func(net.Addr) error // asked about the address the socket got

	mu       sync.Mutex
	listener net.Listener
	stopped  bool
	err      error // why serving ended, nil after shutdown
	done     chan struct{}
}

func newEndpoint(address string, h http.Handler, logger *slog.Logger) *endpoint {
	return &endpoint{
		address: address,
		done:    make(chan struct{}),
		http: &http.Server{
			Handler:           h,
			ReadHeaderTimeout: readHeaderTimeout,
			ReadTimeout:       readTimeout,
			WriteTimeout:      writeTimeout,
			IdleTimeout:       idleTimeout,
			MaxHeaderBytes:    maxHeaderBytes,
			HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: maxStreams},
			ErrorLog:          errorLog(logger),

			DisableGeneralOptionsHandler: true,
		},
	}
}

// errorLog keeps net/http off the standard logger. What it has to say is about single
// connections, which anybody can break.
func errorLog(logger *slog.Logger) *log.Logger {
	return slog.NewLogLogger(logger.Handler(), slog.LevelDebug)
}

var (
	errStarted = errors.New("server: started already")
	errStopped = errors.New("server: shut down already")
)

// start listens and serves in a goroutine of its own. ctx bounds the listening only.
func (e *endpoint) start(ctx context.Context) error {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", e.address)
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	if e.allow != nil {
		err = e.allow(l.Addr())
	}
	if err == nil {
		err = e.serve(l)
	}
	if err != nil {
		_ = l.Close()
	}
	return err
}

// serve serves l in a goroutine of its own.
func (e *endpoint) serve(l net.Listener) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.stopped:
		return errStopped
	case e.listener != nil:
		return errStarted
	}
	e.listener = l
	if e.wrap != nil {
		l = e.wrap(l)
	}
	go func() {
		defer close(e.done)
		serve := e.http.Serve
		if e.tls {
			serve = func(l net.Listener) error { return e.http.ServeTLS(l, "", "") }
		}
		if err := serve(l); !errors.Is(err, http.ErrServerClosed) {
			e.err = err
		}
	}()
	return nil
}

// addr returns the address that is listened on, "" before the start.
func (e *endpoint) addr() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.listener == nil {
		return ""
	}
	return e.listener.Addr().String()
}

// url returns the base URL of addr.
func (e *endpoint) url() string {
	switch addr := e.addr(); {
	case addr == "":
		return ""
	case e.tls:
		return "https://" + addr
	default:
		return "http://" + addr
	}
}

// wait returns when serving has ended, with what ended it, nil after a shutdown.
func (e *endpoint) wait() error {
	<-e.done
	return e.err
}

// shutdown stops listening and waits for the requests under way until ctx is done, when it
// closes their connections.
func (e *endpoint) shutdown(ctx context.Context) error {
	e.mu.Lock()
	started, again := e.listener != nil, e.stopped
	e.stopped = true
	if !started && !again {
		close(e.done)
	}
	e.mu.Unlock()
	err := e.http.Shutdown(ctx)
	if err != nil {
		_ = e.http.Close()
		err = fmt.Errorf("server: requests under way were cut off: %w", err)
	}
	<-e.done
	return err
}
