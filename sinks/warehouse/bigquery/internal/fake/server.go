// Package fake is a BigQuery in memory, as far as the driver speaks to it: the part of the
// REST API that looks at and makes datasets, tables and views and runs load jobs, the
// default stream of the Storage Write API, and a token service. Both APIs are on one
// port of this machine. What is answered, and with which codes, is what the documentation
// says; what it does not say has not been made up.
package fake

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"

	"cloud.google.com/go/bigquery/storage/apiv1/storagepb"
	"google.golang.org/grpc"
)

// Server is one BigQuery.
type Server struct {
	pem  []byte
	url  string
	http *http.Server
	gate *gate
	done chan struct{}
	keys *keys

	mu       sync.Mutex
	datasets map[string]string // name "project.dataset" → location
	tables   map[string]*table // name "project.dataset.table"
	jobs     map[string]*job
	requests []string
	payers   []string
	appends  int
	polls    int
	faults   faults
}

// faults are what goes wrong; each may be nil.
type faults struct {
	request func(n int, r *http.Request) *Answer
	append  func(n int) *Append
	job     func(id string) (reason string)
}

// OnRequest says what goes wrong with a request of the REST API or for a token; nil: nothing.
// f is called with the number of the request, from 1.
func (s *Server) OnRequest(f func(n int, r *http.Request) *Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.request = f
}

// OnAppend says what goes wrong with an append; nil: nothing. f is called with the number of
// the append, from 1.
func (s *Server) OnAppend(f func(n int) *Append) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.append = f
}

// OnJob says why a load job fails; "": it does not.
func (s *Server) OnJob(f func(id string) (reason string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.job = f
}

// Polls says how often a job that begins is still running when it is asked for.
func (s *Server) Polls(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.polls = n
}

func (s *Server) wrong() faults {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults
}

// Answer is what a request gets instead of what was asked for.
type Answer struct {
	Status int
	Reason string // of an error
	Text   string // the message of the error, or what is answered if there is no reason
	Header http.Header
	Cut    bool // hang up before anything is done
	Lost   bool // do what was asked for, then hang up
}

// New starts a server on this machine, with TLS if secure.
func New(secure bool) (*Server, error) {
	s := &Server{
		done: make(chan struct{}), keys: newKeys(), datasets: map[string]string{}, tables: map[string]*table{}, jobs: map[string]*job{},
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.gate = newGate(ln)
	s.url = "http://" + ln.Addr().String()
	rpc := grpc.NewServer(grpc.MaxRecvMsgSize(4*maxRequest), grpc.MaxSendMsgSize(4*maxRequest))
	storagepb.RegisterBigQueryWriteServer(rpc, &writeAPI{s: s})
	rest := s.rest()
	s.http = &http.Server{Protocols: new(http.Protocols), ErrorLog: log.New(io.Discard, "", 0), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor == 2 && strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc") {
			rpc.ServeHTTP(w, r)
			return
		}
		rest.ServeHTTP(w, r)
	})}
	s.http.Protocols.SetHTTP1(true)
	s.http.Protocols.SetUnencryptedHTTP2(true)
	var listener net.Listener = s.gate
	if secure {
		cert, err := certificate()
		if err != nil {
			_ = ln.Close()
			return nil, err
		}
		s.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]})
		s.url = "https://" + ln.Addr().String()
		s.http.Protocols.SetHTTP2(true)
		s.http.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2", "http/1.1"}}
		listener = tls.NewListener(s.gate, s.http.TLSConfig)
	}
	go func() {
		defer close(s.done)
		_ = s.http.Serve(listener)
	}()
	return s, nil
}

// URL is where both APIs are.
func (s *Server) URL() string { return s.url }

// PEM is the server's certificate, nil without TLS.
func (s *Server) PEM() []byte { return s.pem }

// Roots are what the server's certificate is verified with, nil without TLS.
func (s *Server) Roots() *x509.CertPool {
	if s.pem == nil {
		return nil
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(s.pem)
	return roots
}

// Break hangs up on everybody until Mend is called.
func (s *Server) Break() { s.gate.shut() }

// Mend lets in who comes.
func (s *Server) Mend() { s.gate.open() }

// Drop hangs up on everybody once.
func (s *Server) Drop() { s.gate.shut(); s.gate.open() }

// Silence makes every connection that is open say nothing any more, as when a cable is
// pulled, while new ones work.
func (s *Server) Silence() { s.gate.silence() }

// Connections returns how many connections have been made.
func (s *Server) Connections() int { return s.gate.count() }

// Connected returns how many connections there are now.
func (s *Server) Connected() int { return s.gate.present() }

// Close stops the server.
func (s *Server) Close() {
	_ = s.http.Close()
	s.gate.shut()
	<-s.done
	_ = s.http.Shutdown(context.Background())
}

// Requests returns what was asked for, in order: method and path, or the name of the call.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.requests...)
}

// Forget empties the list of requests.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = nil
}

// note records a request and returns its number.
func (s *Server) note(what string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, what)
	return len(s.requests)
}
