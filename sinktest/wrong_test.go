package sinktest_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// wrong are sinks with one mistake each, and the rule that each breaks.
var wrong = map[string]struct {
	of     func(*good) core.Sink
	breaks string
}{
	"its limits change":             {func(g *good) core.Sink { return &changing{good: g} }, "EveryEventArrivesOnce"},
	"it sends a batch of 7 twice":   {func(g *good) core.Sink { return twice{g} }, "EveryEventArrivesOnce"},
	"it drops the last of many":     {func(g *good) core.Sink { return dropping{g} }, "AFullBatchArrivesWhole"},
	"it shares a buffer":            {func(g *good) core.Sink { return &sharing{good: g} }, "ManySendsAtOnceArrive"},
	"it writes into the batch":      {func(g *good) core.Sink { return writing{g} }, "TheBatchIsLeftAsItIs"},
	"it sorts the batch":            {func(g *good) core.Sink { return sorting{g} }, "TheBatchIsLeftAsItIs"},
	"it keeps the batch":            {func(g *good) core.Sink { return &keeping{good: g} }, "NothingOfTheBatchIsKept"},
	"it looks at the first event":   {func(g *good) core.Sink { return looking{g} }, "AnEmptyBatchDoesNothing"},
	"it retries what is too large":  {func(g *good) core.Sink { return unwieldy{g} }, "ALargeEventIsTakenOrRefused"},
	"it builds JSON by hand":        {func(g *good) core.Sink { return pasting{g} }, "TextIsDataWhateverItHolds"},
	"it ignores its context":        {func(g *good) core.Sink { return deaf{g} }, "SendReturnsWhenItsContextEnds"},
	"it gives up what was cut off":  {func(g *good) core.Sink { return impatient{g} }, "SendReturnsWhenItsContextEnds"},
	"it cannot be closed twice":     {func(g *good) core.Sink { return &once{good: g, done: make(chan struct{})} }, "CloseMayComeAtAnyTime"},
	"its Close waits for a Send":    {func(g *good) core.Sink { return &waiting{good: g} }, "CloseMayComeAtAnyTime"},
	"it goes on after Close":        {func(g *good) core.Sink { return &undead{good: g} }, "CloseMayComeAtAnyTime"},
	"it says yes after Close":       {func(g *good) core.Sink { return &yes{good: g} }, "CloseMayComeAtAnyTime"},
	"it leaves a goroutine":         {func(g *good) core.Sink { return leaking{g} }, "NoGoroutineIsLeftBehind"},
	"it leaves its connections":     {func(g *good) core.Sink { return open{g} }, "NoGoroutineIsLeftBehind"},
	"it connects in New":            {connecting, "NewTouchesNothing"},
	"it writes a file in New":       {filing, "NewTouchesNothing"},
	"its check reports an event":    {func(g *good) core.Sink { return reporting{g} }, "CheckReportsNoEvent"},
	"its check says all is well":    {func(g *good) core.Sink { return cheerful{g} }, "CheckReportsNoEvent"},
	"its preview connects":          {func(g *good) core.Sink { return showing{g} }, "PreviewTouchesNothing"},
	"it retries":                    {func(g *good) core.Sink { return retrying{g} }, "ASendIsOneAttempt"},
	"it retries after Send":         {func(g *good) core.Sink { return &insisting{good: g} }, "ASendIsOneAttempt"},
	"it gives up at 504":            {classes(504, core.Permanent), "AnAnswerHasItsClass"},
	"it retries 422":                {classes(422, func(err error) error { return err }), "AnAnswerHasItsClass"},
	"it retries with a dead key":    {classes(403, func(err error) error { return err }), "AnAnswerHasItsClass"},
	"it does not split 413":         {classes(413, core.Refused), "AnAnswerHasItsClass"},
	"it counts 408 as delivered":    {classes(408, func(error) error { return nil }), "AnAnswerHasItsClass"},
	"it ignores Retry-After":        {ignoring, "AWaitThatIsAskedForIsPassedOn"},
	"it waits for ever":             {obedient, "AWaitThatIsAskedForIsPassedOn"},
	"it follows redirects":          {following, "ARedirectIsNotFollowed"},
	"it takes a redirect for a yes": {classes(307, func(error) error { return nil }), "ARedirectIsNotFollowed"},
	"it swallows an error":          {swallowing, "AServerThatMisbehavesIsTriedAgain"},
	"it gives up a broken answer":   {despairing, "AServerThatMisbehavesIsTriedAgain"},
	"it reads everything":           {reading, "AnswersAreReadInBounds"},
	"its errors hold the token":     {func(g *good) core.Sink { return telling{g} }, "SecretsAreShownNowhere"},
	"its errors hold the URL":       {quoting, "SecretsAreShownNowhere"},
	"its log holds the token":       {func(g *good) core.Sink { return logging{g} }, "SecretsAreShownNowhere"},
	"it prints with its token":      {func(g *good) core.Sink { return plain{good: g, token: g.token.Reveal()} }, "SecretsAreShownNowhere"},
	"its errors hold a user":        {func(g *good) core.Sink { return naming{g} }, "ErrorsHoldNothingOfEvents"},
	"it uses the default transport": {func(g *good) core.Sink { g.client.Transport = nil; g.onRequest = alone; return g }, "GlobalsAreLeftAlone"},
	"it uses the default logger":    {func(g *good) core.Sink { return chatty{g} }, "GlobalsAreLeftAlone"},
	"it prints":                     {func(g *good) core.Sink { return printing{g} }, "NothingIsPrinted"},
	"its indexes are off by one":    {func(g *good) core.Sink { return shifting{g} }, "ARefusedEventIsNamed"},
	"it does not read who":          {func(g *good) core.Sink { return unreading{g} }, "ARefusedEventIsNamed"},
	"it refuses a whole batch":      {classes(400, core.Refused), "ABadEventCostsOnlyItself"},
	"it does not come back":         {func(g *good) core.Sink { return &tripped{good: g} }, "AnOutageLosesNothing"},
}

// classes is good but for one status.
func classes(status int, wrap func(error) error) func(*good) core.Sink {
	return func(g *good) core.Sink {
		g.classOf = func(got int, header http.Header) error {
			if got == status {
				return wrap(fmt.Errorf("answered %d", got))
			}
			return class(got, header)
		}
		return g
	}
}

type changing struct {
	*good
	asked atomic.Int64
}

func (s *changing) Limits() core.Limits {
	return core.Limits{MaxEvents: maxGood - int(s.asked.Add(1)%2)}
}

type twice struct{ *good }

func (s twice) Send(ctx context.Context, batch []core.Sealed) error {
	if len(batch) == 7 {
		_ = s.good.Send(ctx, batch)
	}
	return s.good.Send(ctx, batch)
}

type dropping struct{ *good }

func (s dropping) Send(ctx context.Context, batch []core.Sealed) error {
	return s.good.Send(ctx, batch[:min(len(batch), maxGood-1)])
}

type sharing struct {
	*good
	mu     sync.Mutex
	buffer []byte
}

func (s *sharing) Send(ctx context.Context, batch []core.Sealed) error {
	if len(batch) == 0 {
		return nil
	}
	s.set(encode(batch))
	time.Sleep(time.Millisecond)
	return s.post(ctx, s.get(), batch)
}

// The lock keeps the race detector quiet: what the kit finds, it finds without it.
func (s *sharing) set(b []byte) { s.mu.Lock(); defer s.mu.Unlock(); s.buffer = b }
func (s *sharing) get() []byte  { s.mu.Lock(); defer s.mu.Unlock(); return s.buffer }

type writing struct{ *good }

func (s writing) Send(ctx context.Context, batch []core.Sealed) error {
	err := s.good.Send(ctx, batch)
	for _, e := range batch {
		if i := bytes.Index(e.JSON(), []byte("sinktest_run")); i >= 0 {
			e.JSON()[i] = 'S'
		}
	}
	return err
}

type sorting struct{ *good }

func (s sorting) Send(ctx context.Context, batch []core.Sealed) error {
	mine := slices.Clone(batch)
	slices.Reverse(batch)
	return s.good.Send(ctx, mine)
}

type keeping struct {
	*good
	mu   sync.Mutex
	last []byte
}

func (s *keeping) Send(ctx context.Context, batch []core.Sealed) error {
	err := s.good.Send(ctx, batch)
	if err == nil && len(batch) > 0 {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.last = batch[0].Props().Raw()
	}
	return err
}

// Close says goodbye with what was sent last.
func (s *keeping) Close(ctx context.Context) error {
	if s.last != nil {
		_, _, _, _ = s.request(ctx, http.MethodPost, bytes.Clone(s.last))
		s.last = nil
	}
	return s.good.Close(ctx)
}

type looking struct{ *good }

func (s looking) Send(ctx context.Context, batch []core.Sealed) error {
	if batch[0].Name() == "" {
		return nil
	}
	return s.good.Send(ctx, batch)
}

type unwieldy struct{ *good }

func (s unwieldy) Send(ctx context.Context, batch []core.Sealed) error {
	if len(encode(batch)) > 500_000 {
		return errors.New("the body is too large")
	}
	return s.good.Send(ctx, batch)
}

type pasting struct{ *good }

func (s pasting) Send(ctx context.Context, batch []core.Sealed) error {
	var body bytes.Buffer
	for _, e := range batch {
		fmt.Fprintf(&body, "{\"id\":\"%s\",\"user\":\"%s\"}\n", e.ID(), e.UserID())
	}
	if len(batch) == 0 {
		return nil
	}
	return s.post(ctx, body.Bytes(), batch)
}

// deaf knows of deadlines only.
type deaf struct{ *good }

func (s deaf) Send(ctx context.Context, batch []core.Sealed) error {
	own := context.WithoutCancel(ctx)
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		own, cancel = context.WithDeadline(own, deadline)
		defer cancel()
	}
	return s.good.Send(own, batch)
}

type impatient struct{ *good }

func (s impatient) Send(ctx context.Context, batch []core.Sealed) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return core.Permanent(ctx.Err())
	}
	return s.good.Send(ctx, batch)
}

type once struct {
	*good
	done chan struct{}
}

func (s *once) Close(ctx context.Context) error {
	close(s.done)
	return s.good.Close(ctx)
}

type waiting struct {
	*good
	sending sync.WaitGroup
}

func (s *waiting) Send(ctx context.Context, batch []core.Sealed) error {
	s.sending.Add(1)
	defer s.sending.Done()
	return s.good.Send(ctx, batch)
}

func (s *waiting) Close(ctx context.Context) error {
	s.sending.Wait()
	return s.good.Close(ctx)
}

type undead struct {
	*good
	late atomic.Pointer[good]
}

func (s *undead) Send(ctx context.Context, batch []core.Sealed) error {
	if late := s.late.Load(); late != nil {
		return late.Send(ctx, batch)
	}
	return s.good.Send(ctx, batch)
}

func (s *undead) Close(ctx context.Context) error {
	if s.late.CompareAndSwap(nil, newGood(s.env)) {
		return s.good.Close(ctx)
	}
	return nil
}

type yes struct {
	*good
	closed atomic.Bool
}

func (s *yes) Send(ctx context.Context, batch []core.Sealed) error {
	err := s.good.Send(ctx, batch)
	if s.closed.Load() && ctx.Err() == nil {
		return nil
	}
	return err
}

func (s *yes) Close(ctx context.Context) error {
	err := s.good.Close(ctx)
	s.closed.Store(true)
	return err
}

type leaking struct{ *good }

func (s leaking) Send(ctx context.Context, batch []core.Sealed) error {
	go func() { select {} }()
	return s.good.Send(ctx, batch)
}

type open struct{ *good }

func (s open) Close(context.Context) error { s.close(); return nil }

func connecting(g *good) core.Sink {
	_, _, _, _ = g.request(context.Background(), http.MethodHead, nil)
	return g
}

func filing(g *good) core.Sink {
	_ = os.WriteFile(g.env.Dir+"/state", []byte("here"), 0o600)
	return g
}

type reporting struct{ *good }

func (s reporting) Check(ctx context.Context) error {
	e, err := core.Seal(core.Config{}, core.Event{Name: "check"})
	if err != nil {
		return err
	}
	return s.good.Send(ctx, []core.Sealed{e})
}

type cheerful struct{ *good }

func (cheerful) Check(context.Context) error { return nil }

type showing struct{ *good }

func (s showing) Preview(batch []core.Sealed) ([]core.Request, error) {
	if s.Check(context.Background()) != nil {
		return nil, errors.New("the destination cannot be reached")
	}
	return s.good.Preview(batch)
}

type retrying struct{ *good }

func (s retrying) Send(ctx context.Context, batch []core.Sealed) error {
	err := s.good.Send(ctx, batch)
	if err != nil && strings.HasSuffix(err.Error(), "503") {
		return s.good.Send(ctx, batch)
	}
	return err
}

type insisting struct {
	*good
	group sync.WaitGroup
}

func (s *insisting) Send(ctx context.Context, batch []core.Sealed) error {
	err := s.good.Send(ctx, batch)
	if err != nil && strings.HasSuffix(err.Error(), "429") {
		body := encode(batch)
		s.group.Go(func() { _, _, _, _ = s.request(context.Background(), http.MethodPost, body) })
		time.Sleep(5 * time.Millisecond)
	}
	return err
}

func (s *insisting) Close(ctx context.Context) error {
	err := s.good.Close(ctx)
	s.group.Wait()
	return err
}

func ignoring(g *good) core.Sink {
	g.classOf = func(status int, _ http.Header) error { return class(status, nil) }
	return g
}

func obedient(g *good) core.Sink {
	g.classOf = func(status int, header http.Header) error {
		if value := header.Get("Retry-After"); len(value) > 9 && strings.Trim(value, "0123456789") == "" {
			return core.RetryAfter(1000*time.Hour, errors.New("answered 429"))
		}
		return class(status, header)
	}
	return g
}

func following(g *good) core.Sink {
	g.client.CheckRedirect = nil
	return g
}

func swallowing(g *good) core.Sink {
	g.reported = func(err error) error {
		if errors.Is(err, io.EOF) {
			return nil
		}
		return errors.New("the request failed")
	}
	g.classOf = func(status int, header http.Header) error {
		if status == 0 {
			return nil
		}
		return class(status, header)
	}
	return g
}

func despairing(g *good) core.Sink {
	g.reported = func(err error) error {
		if strings.Contains(err.Error(), "malformed") {
			return core.Refused(errors.New("the answer is not HTTP"))
		}
		return errors.New("the request failed")
	}
	return g
}

func reading(g *good) core.Sink {
	g.read = func(r io.Reader) ([]byte, error) {
		var start bytes.Buffer
		_, err := io.CopyN(&start, r, 64<<10)
		if err == nil {
			_, err = io.Copy(io.Discard, r)
		}
		if err == io.EOF {
			err = nil
		}
		return start.Bytes(), err
	}
	return g
}

type telling struct{ *good }

func (s telling) Send(ctx context.Context, batch []core.Sealed) error {
	err := s.good.Send(ctx, batch)
	if class, _ := core.Classify(err); class == core.ClassUnauthorized {
		return core.Unauthorized(fmt.Errorf("%w with Basic %s", err, base64.StdEncoding.EncodeToString([]byte("user:"+s.token.Reveal()))))
	}
	return err
}

func quoting(g *good) core.Sink {
	g.reported = func(err error) error { return fmt.Errorf("it did not work: %w", err) }
	return g
}

type logging struct{ *good }

func (s logging) Send(ctx context.Context, batch []core.Sealed) error {
	s.env.Logger.Debug("send", "token", s.token.Reveal())
	return s.good.Send(ctx, batch)
}

type plain struct {
	*good
	token string
}

// Format shows the token.
func (s plain) Format(f fmt.State, _ rune) { fmt.Fprint(f, "sink{", s.token, "}") }

type naming struct{ *good }

func (s naming) Send(ctx context.Context, batch []core.Sealed) error {
	err := s.good.Send(ctx, batch)
	if class, _ := core.Classify(err); class == core.ClassPermanent && len(batch) > 0 {
		var partial *core.BatchError
		if !errors.As(err, &partial) {
			return core.Permanent(fmt.Errorf("%w, for user %s and others", err, batch[0].UserID()))
		}
	}
	return err
}

// alone has no connection left over, which the sink could not close.
func alone(r *http.Request) { r.Close = true }

type chatty struct{ *good }

func (s chatty) Send(ctx context.Context, batch []core.Sealed) error {
	slog.Info("sending", "events", len(batch))
	return s.good.Send(ctx, batch)
}

type printing struct{ *good }

func (s printing) Send(ctx context.Context, batch []core.Sealed) error {
	fmt.Println("sending", len(batch))
	return s.good.Send(ctx, batch)
}

type shifting struct{ *good }

func (s shifting) Send(ctx context.Context, batch []core.Sealed) error {
	err := s.good.Send(ctx, batch)
	var partial *core.BatchError
	if errors.As(err, &partial) {
		shifted := new(core.BatchError)
		for i, own := range partial.Failed {
			shifted.Fail(i+1, own)
		}
		return shifted
	}
	return err
}

type unreading struct{ *good }

func (s unreading) Send(ctx context.Context, batch []core.Sealed) error {
	err := s.good.Send(ctx, batch)
	var partial *core.BatchError
	if errors.As(err, &partial) {
		return core.Permanent(errors.New("answered 400"))
	}
	return err
}

type tripped struct {
	*good
	down atomic.Bool
}

func (s *tripped) Send(ctx context.Context, batch []core.Sealed) error {
	if s.down.Load() {
		return errors.New("the circuit is open")
	}
	err := s.good.Send(ctx, batch)
	if err != nil && strings.HasSuffix(err.Error(), "500") {
		s.down.Store(true)
	}
	return err
}
