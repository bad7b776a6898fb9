package usage

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// Service sends usage events through a dispatcher. Its methods are safe for concurrent use,
// return without waiting for a sink, and do not panic. The errors of those that log need no
// handling: the event is counted in the dispatcher's books.
type Service struct {
	opts       Options
	dispatcher *core.Dispatcher
	logger     *slog.Logger
	clientType string
	common     core.Props
	version    Version

	mu      sync.Mutex
	started time.Time // zero: not yet
	closed  bool
	logging sync.WaitGroup // events on their way; none is added once closed

	closeOnce sync.Once
	closeErr  error
	complain  sync.Once
	schemas   sync.Map // reflect.Type to *core.Schema
}

// New returns a service that sends through d, which it closes with itself, unless
// [Options.LeaveOpen]. It reads the environment, and does nothing else: the rest begins
// with Start. A nil *Service, which a program has that could not make a dispatcher, may be used
// like any other, and does nothing.
func New(d *core.Dispatcher, o Options) *Service {
	if d == nil {
		return nil
	}
	env := core.NewEnvironment(core.WithLogger(o.Logger), core.WithEnviron(o.Lookup))
	o.ClientType = o.clientType(env.Lookup)
	return &Service{opts: o, dispatcher: d, logger: env.Logger, clientType: o.ClientType, common: o.common(), version: o.version()}
}

// Start sends the version event, and has the time begin that the shutdown event tells. Called
// again, or while tracking is off, it does nothing. Events may be logged before.
func (s *Service) Start(ctx context.Context) error {
	if s == nil || !s.begin() {
		return nil
	}
	defer s.logging.Done()
	return s.send(ctx, EndpointVersion, s.version, "")
}

// begin reports whether the service is to start now, and has it started.
func (s *Service) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || !s.started.IsZero() || !s.dispatcher.Tracking() {
		return false
	}
	s.started = time.Now()
	s.logging.Add(1)
	return true
}

// LogRun reports a run of a flow.
func (s *Service) LogRun(ctx context.Context, p Run) error { return s.Log(ctx, EndpointRun, p) }

// LogPlayground reports a build of a flow in the user interface.
func (s *Service) LogPlayground(ctx context.Context, p Playground) error {
	return s.Log(ctx, EndpointPlayground, p)
}

// LogComponent reports a build of a component.
func (s *Service) LogComponent(ctx context.Context, p Component) error {
	return s.Log(ctx, EndpointComponent, p)
}

// LogComponentInputs reports what a component was given, in as many events as it takes.
func (s *Service) LogComponentInputs(ctx context.Context, p ComponentInputs) error {
	if s == nil || !s.dispatcher.Tracking() { // splitting is work
		return s.Log(ctx, EndpointComponentInputs, p)
	}
	var errs []error
	for _, chunk := range p.Split(maxInputs) {
		errs = append(errs, s.Log(ctx, EndpointComponentInputs, chunk))
	}
	return errors.Join(errs...)
}

// LogComponentIndex reports how the components that exist were found.
func (s *Service) LogComponentIndex(ctx context.Context, p ComponentIndex) error {
	return s.Log(ctx, EndpointComponentIndex, p)
}

// Emit reports a payload under its own name.
func (s *Service) Emit(ctx context.Context, p core.Payload) error { return s.Log(ctx, nameOf(p), p) }

// nameOf calls the method of a payload, which may panic; then the event is refused for its name.
func nameOf(p core.Payload) (name string) {
	defer func() {
		if recover() != nil {
			name = "\x00"
		}
	}()
	return p.EventName()
}

// Log reports an event by its endpoint, which is its name; "" is "version", as it is for
// Langflow. The payload is anything whose JSON is an object, or nil. Members that are null are
// left out; what the service adds to every event does not replace a member of the payload.
func (s *Service) Log(ctx context.Context, endpoint string, payload any) error {
	return s.log(ctx, endpoint, payload, "")
}

// LogUnlinkable is Log for an event that must not be joined to any other: it has an anonymous
// id of its own and no user.
func (s *Service) LogUnlinkable(ctx context.Context, endpoint string, payload any) error {
	return s.log(ctx, endpoint, payload, randomID())
}

// randomID returns a UUID of version 4.
func randomID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}

func (s *Service) log(ctx context.Context, endpoint string, payload any, anonymousID string) error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		_ = s.dispatcher.Emit(ctx, refused{})
		return core.ErrClosed
	}
	s.logging.Add(1)
	s.mu.Unlock()
	defer s.logging.Done()
	return s.send(ctx, cmp.Or(endpoint, EndpointVersion), payload, anonymousID)
}

// send enriches an event and hands it over. While tracking is off, the payload is not looked at.
func (s *Service) send(ctx context.Context, endpoint string, payload any, anonymousID string) error {
	var e core.Event
	if s.dispatcher.Tracking() {
		props, err := encode(payload)
		if err != nil {
			_ = s.dispatcher.Emit(ctx, refused{})
			return s.unencodable(endpoint, payload)
		}
		e = core.Event{Name: endpoint, Time: time.Now(), AnonymousID: anonymousID, Props: props, Schema: s.schemaOf(payload)}
		s.enrich(ctx, &e)
	}
	verdict, err := s.dispatcher.Offer(ctx, e)
	switch {
	case err != nil:
		s.logger.Debug("an event was not taken", "endpoint", endpoint, "error", err)
	case verdict == core.Denied && !s.dispatcher.Tracking():
		s.logger.Debug("Telemetry tracking is disabled.", "endpoint", endpoint)
	case verdict == core.Denied:
		s.logger.Debug("an event was denied", "endpoint", endpoint)
	}
	return err
}

// unencodable says so to the operator, once. The payload's values, and what its methods had to say
// about them, stay out of it.
func (s *Service) unencodable(endpoint string, payload any) error {
	err := fmt.Errorf("%w: a %T cannot be encoded as a JSON object", core.ErrInvalidEvent, payload)
	s.complain.Do(func() {
		s.logger.Warn("an event cannot be sent; further ones are not reported", "endpoint", endpoint, "error", err)
	})
	return err
}

// timestamp is how Python's isoformat writes a time.
const timestamp = "2006-01-02T15:04:05.000000-07:00"

// enrich adds what every event has, as of now.
func (s *Service) enrich(ctx context.Context, e *core.Event) {
	add := func(key string, value any) {
		if _, own := e.Props[key]; !own {
			e.Props[key] = value
		}
	}
	add("clientType", s.clientType)
	add("timestamp", e.Time.UTC().Format(timestamp))
	if e.Name != EndpointVersion {
		for key, value := range s.common {
			add(key, value)
		}
	}
	if e.AnonymousID == "" && s.opts.UserID != nil {
		e.UserID = s.userID(ctx)
	}
}

// userID calls the function of the options, which may panic.
func (s *Service) userID(ctx context.Context) (id string) {
	defer func() {
		if recover() != nil {
			id = ""
		}
	}()
	return s.opts.UserID(ctx)
}
