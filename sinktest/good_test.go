package sinktest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinktest"
)

// good is a sink as it should be, of the standard library alone, so that the wrong ones can
// differ from it in one thing.
type good struct {
	env       sinktest.Env
	token     core.Secret
	transport *http.Transport
	client    *http.Client

	closed context.Context
	close  context.CancelFunc
	once   sync.Once

	classOf   func(status int, header http.Header) error // what an answer means, nil: as it should
	reported  func(error) error                          // what becomes of an error of net/http
	onRequest func(*http.Request)
	read      func(io.Reader) ([]byte, error)
}

const maxGood = 100 // events of a batch

func newGood(env sinktest.Env) *good {
	g := &good{env: env, token: env.Secret("token")}
	g.transport = &http.Transport{MaxResponseHeaderBytes: 64 << 10, DisableCompression: true}
	g.client = &http.Client{Transport: g.transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	g.closed, g.close = context.WithCancel(context.Background())
	g.classOf = class
	g.reported = func(error) error { return errors.New("the request failed") }
	g.onRequest = func(*http.Request) {}
	g.read = func(r io.Reader) ([]byte, error) { return io.ReadAll(io.LimitReader(r, 64<<10)) }
	return g
}

// Format shows nothing.
func (g *good) Format(f fmt.State, _ rune) { fmt.Fprint(f, "good") }

func (g *good) Limits() core.Limits { return core.Limits{MaxEvents: maxGood} }

func (g *good) Send(ctx context.Context, batch []core.Sealed) error {
	if len(batch) == 0 {
		return nil
	}
	return g.post(ctx, encode(batch), batch)
}

func encode(batch []core.Sealed) []byte {
	var body bytes.Buffer
	for _, e := range batch {
		body.Write(e.JSON())
		body.WriteByte('\n')
	}
	return body.Bytes()
}

func (g *good) post(ctx context.Context, body []byte, batch []core.Sealed) error {
	answer, status, header, err := g.request(ctx, http.MethodPost, body)
	if err != nil {
		return err
	}
	if err := g.classOf(status, header); err != nil || status/100 != 2 {
		if named := refused(answer, batch); status == 400 && named != nil {
			return named
		}
		return err
	}
	return nil
}

func (g *good) request(ctx context.Context, method string, body []byte) (answer []byte, status int, header http.Header, err error) {
	if g.closed.Err() != nil { // one that is only cancelled leaves the connection that it has begun to make
		return nil, 0, nil, errors.New("the sink is closed")
	}
	ctx, cancel := context.WithTimeout(ctx, g.env.Timeout)
	defer cancel()
	defer context.AfterFunc(g.closed, cancel)()
	r, err := http.NewRequestWithContext(ctx, method, g.env.URL+"/in?source=headgate", bytes.NewReader(body))
	if err != nil {
		return nil, 0, nil, core.Refused(errors.New("the URL is not valid"))
	}
	r.Header.Set("Authorization", "Bearer "+g.token.Reveal())
	r.Header.Set("Content-Type", "application/x-ndjson")
	g.onRequest(r)
	resp, err := g.client.Do(r)
	if err != nil {
		return nil, 0, nil, g.reported(err)
	}
	defer resp.Body.Close()
	answer, err = g.read(resp.Body)
	if err != nil && resp.StatusCode/100 == 2 {
		return nil, 0, nil, g.reported(err)
	}
	return answer, resp.StatusCode, resp.Header, nil
}

// class is what an answer means.
func class(status int, header http.Header) error {
	err := fmt.Errorf("answered %d", status)
	switch {
	case status/100 == 2:
		return nil
	case status == 400, status == 422:
		return core.Permanent(err)
	case status == 401, status == 403:
		return core.Unauthorized(err)
	case status == 413:
		return core.TooLarge(err)
	case status == 408, status == 429, status >= 500:
		return wait(header, err)
	default:
		return core.Refused(err)
	}
}

func wait(header http.Header, err error) error {
	value := header.Get("Retry-After")
	if seconds, parseErr := strconv.ParseUint(value, 10, 16); parseErr == nil && seconds > 0 {
		return core.RetryAfter(time.Duration(seconds)*time.Second, err)
	}
	if at, parseErr := http.ParseTime(value); parseErr == nil && time.Until(at) > 0 {
		return core.RetryAfter(min(time.Until(at), time.Hour), err)
	}
	return err
}

// refused reads which events the destination refuses: a list of ids.
func refused(answer []byte, batch []core.Sealed) error {
	var ids []string
	if json.Unmarshal(answer, &ids) != nil {
		return nil
	}
	failed := new(core.BatchError)
	for i, e := range batch {
		if slices.Contains(ids, e.ID()) {
			failed.Fail(i, core.Permanent(errors.New("the event is refused")))
		}
	}
	return failed.OrNil()
}

func (g *good) Check(ctx context.Context) error {
	_, status, header, err := g.request(ctx, http.MethodHead, nil)
	if err != nil {
		return err
	}
	return g.classOf(status, header)
}

func (g *good) Preview(batch []core.Sealed) ([]core.Request, error) {
	return []core.Request{{Method: http.MethodPost, URL: g.env.URL + "/in", Body: string(encode(batch))}}, nil
}

func (g *good) Close(context.Context) error {
	g.once.Do(g.close)
	g.transport.CloseIdleConnections()
	return nil
}

func TestASinkAsItShouldBeKeepsEveryRule(t *testing.T) { sinktest.Run(t, harness()) }

// inMemory is a sink that speaks no HTTP.
type inMemory struct {
	mu     *sync.Mutex
	broken *bool
	ids    *[]string
}

func (m inMemory) Send(ctx context.Context, batch []core.Sealed) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if *m.broken {
		return errors.New("the memory is full")
	}
	for _, e := range batch {
		*m.ids = append(*m.ids, e.ID())
	}
	return nil
}

func (inMemory) Close(context.Context) error { return nil }

func TestASinkWithoutHTTPKeepsTheRulesForAll(t *testing.T) {
	var mu sync.Mutex
	places := map[string]inMemory{} // by the name of the sink
	at := func(env sinktest.Env) inMemory {
		mu.Lock()
		defer mu.Unlock()
		if _, ok := places[env.Name]; !ok {
			places[env.Name] = inMemory{new(sync.Mutex), new(bool), new([]string)}
		}
		return places[env.Name]
	}
	sinktest.Run(t, sinktest.Harness{
		New: func(_ testing.TB, env sinktest.Env) (core.Sink, error) { return at(env), nil },
		Stored: func(_ testing.TB, env sinktest.Env) []string {
			m := at(env)
			m.mu.Lock()
			defer m.mu.Unlock()
			return slices.Clone(*m.ids)
		},
		Break: func(_ testing.TB, env sinktest.Env) func() {
			set := func(broken bool) {
				m := at(env)
				m.mu.Lock()
				defer m.mu.Unlock()
				*m.broken = broken
			}
			set(true)
			return func() { set(false) }
		},
	})
}

func TestEveryRuleSaysWhyItExists(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range sinktest.Rules() {
		if seen[r.Name] || len(strings.Fields(r.Why)) < 8 || strings.HasSuffix(r.Why, ".") {
			t.Errorf("%+v", r)
		}
		seen[r.Name] = true
	}
}
