// Package fakeflake is an HTTP server that speaks as much of the protocol of Snowflake's
// drivers as the statements of the snowflake driver need, and executes these statements, and
// no others, on tables in memory. It checks credentials as Snowflake does, signatures
// included, and can be told to fail in the ways that Snowflake and networks do.
//
// It is written from the documents and from what the driver sends, not from the code
// it tests: its grammar is its own, so that a change of a statement has to be made here, too.
package fakeflake

import (
	"crypto/rsa"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"time"
)

// Server is an account.
type Server struct {
	// Account is the name of the account, in upper case.
	Account string

	http *httptest.Server

	mu         sync.Mutex
	users      map[string]*User
	namespaces map[string]bool // databases and schemas: "DB", "DB.SCHEMA"
	warehouses map[string]bool
	roles      map[string]bool
	sessions   map[string]*session
	tables     map[string]*table
	answers    map[string]answer // to statements, by the id of the request
	forgetful  bool
	results    map[string]answer // of statements in progress, by path
	polls      map[string]int
	faults     []Fault
	calls      []Call
	down       bool
	conns      map[net.Conn]bool
	nextID     int
}

// User is somebody who can sign in.
type User struct {
	Password string
	Token    string // a programmatic access token
	OAuth    string
	Key      *rsa.PublicKey
}

// Call is a request that was made.
type Call struct {
	Path      string
	Query     url.Values
	Header    http.Header
	Body      map[string]any
	Statement string // of a statement
	Bound     string // to its first parameter
}

// Fault says what goes wrong with a request. The first that matches is used up.
type Fault struct {
	// Path is that of the request; of a statement if empty.
	Path string
	// Statement is how a statement begins; any if empty.
	Statement string
	// Times is how often; once if zero.
	Times int

	// Status is answered instead of anything else, with the header.
	Status int
	Header http.Header
	// Code is an error of Snowflake, with its SQLSTATE and message.
	Code, State, Message string
	// InProgress makes the statement be asked after so many times before it is done.
	InProgress int
	// Cut closes the connection before anything is done, CutAfter when it is done.
	Cut, CutAfter bool
	// Hang answers when the client has gone.
	Hang bool
	// Body is answered with status 200, whatever it is.
	Body string
}

// New starts an account with a database DB, a schema PUBLIC in it, a virtual warehouse WH
// and a role LOADER.
func New() *Server {
	s := &Server{
		Account: "MYORG-MYACCOUNT",
		users:   make(map[string]*User), sessions: make(map[string]*session), tables: make(map[string]*table),
		answers: make(map[string]answer), results: make(map[string]answer), polls: make(map[string]int), conns: make(map[net.Conn]bool),
		namespaces: map[string]bool{"DB": true, "DB.PUBLIC": true}, warehouses: map[string]bool{"WH": true}, roles: map[string]bool{"LOADER": true},
	}
	s.http = httptest.NewUnstartedServer(s)
	s.http.Config.ConnState = s.connState
	s.http.Start()
	return s
}

// URL is where the account is.
func (s *Server) URL() string { return s.http.URL }

// Close ends the server.
func (s *Server) Close() {
	s.http.CloseClientConnections()
	s.http.Close()
}

// AddUser lets somebody sign in.
func (s *Server) AddUser(name string, u User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users[name] = &u
}

// Fail makes requests go wrong, in the order given.
func (s *Server) Fail(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, faults...)
}

// ForgetRequests makes the account execute a statement again that is sent with the id of
// an earlier one, rather than give the answer that it gave.
func (s *Server) ForgetRequests() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forgetful = true
}

// Break cuts all connections and takes no more until the returned function is called.
func (s *Server) Break() (mend func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = true
	for conn := range s.conns {
		_ = conn.Close()
	}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.down = false
	}
}

func (s *Server) connState(conn net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch state {
	case http.StateNew:
		s.conns[conn] = true
		if s.down {
			_ = conn.Close()
		}
	case http.StateClosed, http.StateHijacked:
		delete(s.conns, conn)
	}
}

// Calls returns the requests that were made, to a path, or all.
func (s *Server) Calls(path string) (calls []Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.calls {
		if path == "" || c.Path == path {
			calls = append(calls, c)
		}
	}
	return calls
}

// Paths of requests.
const (
	PathLogin   = "/session/v1/login-request"
	PathQuery   = "/queries/v1/query-request"
	PathRenew   = "/session/token-request"
	PathAbort   = "/queries/v1/abort-request"
	PathSession = "/session"
)

// answer is what Snowflake answers with, always with status 200.
type answer struct {
	Data    any    `json:"data"`
	Code    string `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
	Success bool   `json:"success"`
}

func refuse(code, state, message, query string) answer {
	return answer{Code: code, Message: message, Data: map[string]any{"errorCode": code, "sqlState": state, "queryId": query}}
}

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	call := Call{Path: r.URL.Path, Query: r.URL.Query(), Header: r.Header.Clone()}
	_ = json.NewDecoder(r.Body).Decode(&call.Body) // many have no body
	call.Statement, _ = call.Body["sqlText"].(string)
	call.Bound, _ = bound(call.Body)

	s.mu.Lock()
	s.calls = append(s.calls, call)
	fault := s.fault(call)
	s.mu.Unlock()

	if fault.before(w, r) {
		return
	}
	s.mu.Lock()
	a := s.answer(call, fault)
	s.mu.Unlock()
	if fault.CutAfter {
		cut(w)
		return
	}
	if fault.Body != "" {
		_, _ = w.Write([]byte(fault.Body))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(a)
}

// fault takes the next that is for a call.
func (s *Server) fault(call Call) Fault {
	for i := range s.faults {
		f := &s.faults[i]
		path := f.Path
		if path == "" {
			path = PathQuery
		}
		if path != call.Path || len(call.Statement) < len(f.Statement) || call.Statement[:len(f.Statement)] != f.Statement {
			continue
		}
		found := *f
		if f.Times--; f.Times <= 0 {
			s.faults = append(s.faults[:i], s.faults[i+1:]...)
		}
		return found
	}
	return Fault{}
}

// before does what a fault does before anything else, and reports whether that was all.
func (f Fault) before(w http.ResponseWriter, r *http.Request) bool {
	switch {
	case f.Hang:
		select {
		case <-r.Context().Done():
		case <-time.After(time.Minute):
		}
		return true
	case f.Cut:
		cut(w)
		return true
	case f.Status != 0:
		for name, values := range f.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(f.Status)
		return true
	}
	return false
}

func cut(w http.ResponseWriter) {
	if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
		_ = conn.Close()
	}
}

// answer does what is asked for.
func (s *Server) answer(call Call, fault Fault) answer {
	switch call.Path {
	case PathLogin:
		if fault.Code != "" {
			return refuse(fault.Code, fault.State, fault.Message, "")
		}
		return s.login(call)
	case PathRenew:
		if fault.Code != "" {
			return refuse(fault.Code, fault.State, fault.Message, "")
		}
		return s.renew(call)
	case PathQuery:
		return s.query(call, fault)
	case PathSession:
		delete(s.sessions, token(call))
		return answer{Success: true}
	case PathAbort:
		return answer{Success: true}
	}
	if a, ok := s.results[call.Path]; ok {
		if s.polls[call.Path]--; s.polls[call.Path] > 0 {
			return inProgress(call.Path)
		}
		return a
	}
	return refuse("390404", "", "no such path", "")
}

func inProgress(path string) answer {
	return answer{Success: true, Code: "333333", Message: "Query execution in progress.", Data: map[string]any{"getResultUrl": path}}
}
