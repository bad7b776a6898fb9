package server

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/server/internal/ui"
)

// AdminOptions say what an [Admin] tells. Only Status and Ready are required.
type AdminOptions struct {
	// Listen is the address to listen on; 127.0.0.1:8431 if empty. Port 0 has one chosen.
	// There is no authentication: an address that other machines can reach needs a network
	// that keeps strangers out.
	Listen string
	// Status returns the books.
	Status func() core.Stats
	// Ready reports whether events are taken.
	Ready func() bool
	// Reload loads the configuration again, all or nothing. Without it there is no
	// POST /v1/reload.
	Reload func(context.Context) error
	// DeadLetters are what the sinks did not take. Without them there is no /v1/deadletters.
	DeadLetters DeadLetters
	// Sinks pauses and resumes sinks. Without it there are no /v1/sinks/pause and /v1/sinks/resume.
	Sinks SinkControl
	// Observe has a function called with what becomes of events, until the one it returns is
	// called. Without it the page shows no events as they leave.
	Observe func(func(core.Observation)) (stop func())
	// FrontDoor returns the URL at which events are taken, which the page shows.
	FrontDoor func() string
	// AllowedHosts are further names that an Admin for other machines is asked for by. Addresses,
	// the machine's own name and names outside of the public DNS are known. Loopback addresses
	// are asked for by loopback names only.
	AllowedHosts []string
	// Logger gets a line when something needs the operator's attention. Nothing is logged
	// without it.
	Logger *slog.Logger
}

const defaultAdminListen = "127.0.0.1:8431"

// Admin is the operator's side: GET /healthz, /readyz, /v1/status and /v1/deadletters, POST
// /v1/reload, /v1/deadletters/replay, /v1/deadletters/purge, /v1/sinks/pause and
// /v1/sinks/resume, the page at /ui/, and what is added by Handle. On a loopback address it
// answers only requests for a loopback host, and never pages of another origin: a page in the
// operator's browser can reach it, too.
type Admin struct {
	opts     AdminOptions
	endpoint *endpoint
	source   *source
	live     *live
	mux      *http.ServeMux
	panics   panics
}

// NewAdmin returns an Admin that does not listen yet.
func NewAdmin(o AdminOptions) (*Admin, error) {
	o.Listen = cmp.Or(o.Listen, defaultAdminListen)
	o.Logger = cmp.Or(o.Logger, slog.New(slog.DiscardHandler))
	if _, _, err := net.SplitHostPort(o.Listen); err != nil {
		return nil, fmt.Errorf("server: admin.listen %q is not an address such as %s", o.Listen, defaultAdminListen)
	}
	if o.Status == nil || o.Ready == nil {
		return nil, errors.New("server: the admin listener needs Status and Ready")
	}
	token := rand.Text()
	a := &Admin{opts: o, mux: http.NewServeMux(), panics: panics{logger: o.Logger}}
	a.source = &source{loopback: isLoopback(o.Listen), token: token}
	for _, host := range o.AllowedHosts {
		a.source.hosts = append(a.source.hosts, strings.ToLower(host))
	}
	a.live = newLive(a, rand.Text())
	a.mux.HandleFunc("GET /healthz", a.health)
	a.mux.HandleFunc("GET /readyz", a.ready)
	a.mux.HandleFunc("GET /v1/status", a.status)
	if o.Reload != nil {
		a.mux.HandleFunc("POST /v1/reload", a.reload)
	}
	if o.DeadLetters != nil {
		a.addDeadLetters(o.DeadLetters)
	}
	if o.Sinks != nil {
		a.addPausing(o.Sinks)
	}
	a.mux.Handle("GET /ui/", ui.Handler("/ui/", ui.Page{Token: token}))
	a.mux.HandleFunc("GET /ui/stream", a.live.serve)
	a.mux.Handle("GET /{$}", http.RedirectHandler("/ui/", http.StatusFound))
	a.endpoint = newEndpoint(o.Listen, a.Handler(), o.Logger)
	a.endpoint.http.RegisterOnShutdown(sync.OnceFunc(func() { close(a.live.stop) })) // they would not end by themselves
	return a, nil
}

// Handle serves what matches pattern, which is one of [http.ServeMux], behind the same
// checks. It must not be called after Start.
func (a *Admin) Handle(pattern string, h http.Handler) { a.mux.Handle(pattern, h) }

// adminHeaders are those of every answer. The page has a policy of its own.
var adminHeaders = map[string]string{
	"X-Content-Type-Options":       "nosniff",
	"Cache-Control":                "no-store",
	"Content-Security-Policy":      "default-src 'none'; frame-ancestors 'none'",
	"X-Frame-Options":              "DENY",
	"Referrer-Policy":              "no-referrer",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Cross-Origin-Opener-Policy":   "same-origin",
}

// Handler returns what the admin listener answers.
func (a *Admin) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer a.panics.answer(func() { errPanic.writeTo(w, plainFailure) })
		for name, value := range adminHeaders {
			w.Header().Set(name, value)
		}
		if err := a.source.check(r); err != nil {
			err.writeTo(w, plainFailure)
			return
		}
		a.mux.ServeHTTP(w, r)
		if r.Method != http.MethodGet {
			a.live.changes.Add(1)
		}
	})
}

// Start listens and serves in a goroutine of its own, which Shutdown ends. ctx bounds the
// start only.
func (a *Admin) Start(ctx context.Context) error {
	if !isLoopback(a.opts.Listen) {
		a.opts.Logger.Warn("the admin listener can be reached from other machines, and asks for no key", slog.String("listen", a.opts.Listen))
	}
	return a.endpoint.start(ctx)
}

// Addr returns the address that is listened on, "" before Start.
func (a *Admin) Addr() string { return a.endpoint.addr() }

// URL returns the base URL of Addr.
func (a *Admin) URL() string { return a.endpoint.url() }

// Wait returns when the listener does not serve any more: with nil after a Shutdown, or with
// what broke it.
func (a *Admin) Wait() error { return a.endpoint.wait() }

// Shutdown stops listening and waits for the requests under way. Those not finished by the
// end of ctx are cut off, which is an error.
func (a *Admin) Shutdown(ctx context.Context) error { return a.endpoint.shutdown(ctx) }

func (a *Admin) health(w http.ResponseWriter, _ *http.Request) { writeLine(w, http.StatusOK, "ok") }

func (a *Admin) ready(w http.ResponseWriter, _ *http.Request) {
	if !a.opts.Ready() {
		writeLine(w, http.StatusServiceUnavailable, "not ready")
		return
	}
	writeLine(w, http.StatusOK, "ready")
}

func (a *Admin) status(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, a.books())
}

// books returns the status without what is null in JSON.
func (a *Admin) books() core.Stats {
	stats := a.opts.Status()
	if stats.DoNotTrack.Sources == nil {
		stats.DoNotTrack.Sources = []string{}
	}
	if stats.Sinks == nil {
		stats.Sinks = map[string]core.SinkStats{}
	}
	return stats
}

// reload answers 409 when nothing was changed, with the reasons.
func (a *Admin) reload(w http.ResponseWriter, r *http.Request) {
	if err := a.opts.Reload(r.Context()); err != nil {
		writeJSON(w, http.StatusConflict, map[string][]string{"problems": messages(err)})
		return
	}
	writeJSON(w, http.StatusOK, map[string]bool{"reloaded": true})
}

// messages returns the messages of joined errors one by one.
func messages(err error) (all []string) {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []string{err.Error()}
	}
	for _, err := range joined.Unwrap() {
		all = append(all, messages(err)...)
	}
	return all
}

func writeLine(w http.ResponseWriter, status int, line string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, line+"\n")
}
