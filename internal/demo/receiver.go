package main

import (
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
)

// receiver is a web server to which the http sink posts.
type receiver struct {
	url    string
	server *http.Server

	mu     sync.Mutex
	bodies []string
}

func startReceiver() (*receiver, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &receiver{url: "http://" + l.Addr().String()}
	r.server = &http.Server{Handler: r}
	go func() { _ = r.server.Serve(l) }()
	return r, nil
}

// ServeHTTP keeps the body.
func (r *receiver) ServeHTTP(_ http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(io.LimitReader(req.Body, 1<<20))
	if err != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bodies = append(r.bodies, req.Method+" "+req.URL.Path+" "+string(body))
}

// received returns what has been posted so far.
func (r *receiver) received() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.bodies)
}

func (r *receiver) close() { _ = r.server.Close() }
