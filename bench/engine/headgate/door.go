package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	"github.com/headgate-dev/headgate/bench/internal/engine"
	"github.com/headgate-dev/headgate/server"
)

// door takes events as POST /v1/events does, without a network.
type door struct {
	*dispatcher
	handler http.Handler
	bodies  sync.Pool
}

func openDoor(s engine.Setup) (engine.Engine, error) {
	e, err := openDispatcher(s)
	if err != nil {
		return nil, err
	}
	d := e.(*dispatcher)
	srv, err := server.New(server.Options{Gate: d.d})
	if err != nil {
		return nil, err
	}
	return &door{d, srv.Handler(), sync.Pool{New: func() any { return new([]byte) }}}, nil
}

// Append posts the events that records are.
func (d *door) Append(recs [][]byte) error {
	buf := d.bodies.Get().(*[]byte)
	defer d.bodies.Put(buf)
	*buf = append((*buf)[:0], '[')
	for i, rec := range recs {
		if i > 0 {
			*buf = append(*buf, ',')
		}
		*buf = append(*buf, rec...)
	}
	*buf = append(*buf, ']')
	r, err := http.NewRequest(http.MethodPost, "/v1/events", bytes.NewReader(*buf))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	a := answer{header: http.Header{}}
	d.handler.ServeHTTP(&a, r)
	var account struct{ Accepted int }
	if err := json.Unmarshal(a.body, &account); err != nil || a.status != http.StatusOK || account.Accepted != len(recs) {
		return fmt.Errorf("of %d events %d were accepted, with status %d", len(recs), account.Accepted, a.status)
	}
	return nil
}

// answer is an [http.ResponseWriter] that keeps the answer.
type answer struct {
	header http.Header
	status int
	body   []byte
}

func (a *answer) Header() http.Header    { return a.header }
func (a *answer) WriteHeader(status int) { a.status = status }
func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	a.body = append(a.body, b...)
	return len(b), nil
}
