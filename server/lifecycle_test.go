package server

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
)

func post(t *testing.T, c *http.Client, base, body string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest("POST", base+"/v1/events", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	return send(t, c, r)
}

func TestAServerAnswersFromStartToShutdown(t *testing.T) {
	gate := &recorder{}
	s := newServer(t, Options{Gate: gate, Listen: "127.0.0.1:0"})
	if s.Addr() != "" || s.URL() != "" || s.Ready() {
		t.Error("it is ready before its start")
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !s.Ready() || s.URL() != "http://"+s.Addr() || strings.HasSuffix(s.Addr(), ":0") {
		t.Errorf("it listens on %q", s.URL())
	}
	if err := s.Start(t.Context()); err == nil {
		t.Error("it started twice")
	}
	c := client(t)
	if resp, body := post(t, c, s.URL(), `{"name":"a"}`); resp.StatusCode != 200 || body != `{"accepted":1,"denied":0,"rejected":[]}`+"\n" {
		t.Errorf("got %d %s", resp.StatusCode, body)
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := s.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	if _, err := c.Post(s.URL(), "", nil); err == nil || s.Ready() {
		t.Error("it still answers")
	}
	if err := s.Start(t.Context()); err == nil {
		t.Error("it started after its shutdown")
	}
}

func TestShutdownWithoutStartEnds(t *testing.T) {
	s := newServer(t, Options{})
	if err := errors.Join(s.Shutdown(t.Context()), s.Shutdown(t.Context()), s.Wait()); err != nil {
		t.Error(err)
	}
}

func TestAnAddressInUseIsAnError(t *testing.T) {
	s := started(t, Options{})
	other := newServer(t, Options{Listen: s.Addr()})
	if err := other.Start(t.Context()); err == nil || !strings.Contains(err.Error(), s.Addr()) {
		t.Errorf("got %v", err)
	}
}

func TestWhatLocalhostResolvesToMustBeLoopback(t *testing.T) {
	s := newServer(t, Options{})
	if err := s.allowAddress(&net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1}); err == nil || !strings.Contains(err.Error(), "write_keys") {
		t.Errorf("got %v", err)
	}
	if err := s.allowAddress(&net.TCPAddr{IP: net.IPv6loopback, Port: 1}); err != nil {
		t.Error(err)
	}
}

// TestDrainFinishesWhatIsUnderWayAndTurnsTheRestAway also has the chunks that wait for
// others handed in, for the gate is closed next.
func TestDrainFinishesWhatIsUnderWayAndTurnsTheRestAway(t *testing.T) {
	entered, release := make(chan struct{}, 10), make(chan struct{})
	gate := &recorder{before: func(_ context.Context, e core.Event) error {
		if e.Name == "slow" {
			entered <- struct{}{}
			<-release
		}
		return nil
	}}
	s := started(t, Options{Gate: gate})
	c := client(t)
	chunk := "/langflow/component_inputs?componentRunId=r&componentId=c&componentInputs=%7B%27a%27%3A1%7D&chunkIndex=0&totalChunks=2"
	if resp, _ := get(t, c, s.URL()+chunk); resp.StatusCode != 200 {
		t.Fatal(resp.Status)
	}
	slow := make(chan int)
	go func() { slow <- do(s, jsonRequest(`{"name":"slow"}`)).Code }()
	<-entered

	drained := make(chan error)
	go func() { drained <- s.Drain(context.Background()) }()
	for s.door.isOpen() {
		time.Sleep(time.Millisecond)
	}
	resp, body := post(t, c, s.URL(), `{"name":"late"}`)
	if resp.StatusCode != 503 || resp.Header.Get("Retry-After") == "" || !resp.Close || !strings.Contains(body, "stopping") {
		t.Errorf("a late request is answered %d %s, %v", resp.StatusCode, body, resp.Header)
	}
	if resp, _ := get(t, c, s.URL()+"/langflow/run"); resp.StatusCode != 503 {
		t.Errorf("a late Langflow request is answered %s", resp.Status)
	}
	if s.Ready() {
		t.Error("it is ready while it drains")
	}
	select {
	case err := <-drained:
		t.Fatalf("it drained before the slow request ended: %v", err)
	default:
	}
	close(release)
	if code, err := <-slow, <-drained; code != 200 || err != nil {
		t.Errorf("the slow request is answered %d, the draining ended with %v", code, err)
	}
	if names := gate.names(); len(names) != 2 || names[0] != "slow" || names[1] != "component_inputs" {
		t.Errorf("the events are %v", names)
	}
}

func TestShutdownIsBoundedByItsContext(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	gate := &recorder{before: func(context.Context, core.Event) error {
		close(entered)
		<-release
		return nil
	}}
	s := newServer(t, Options{Gate: gate, Listen: "127.0.0.1:0"})
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	c := client(t)
	go func() {
		_, err := c.Post(s.URL()+"/v1/events", "application/json", strings.NewReader(`{"name":"a"}`))
		ended <- err
	}()
	<-entered
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Shutdown(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("the shutdown ended with %v", err)
	}
	if err := <-ended; err == nil {
		t.Error("the request was not cut off")
	}
	close(release)
}

func TestAPanicIsAnsweredCountedAndLoggedWithoutItsText(t *testing.T) {
	const private = "hunter2"
	logs := &logged{}
	gate := &recorder{before: func(_ context.Context, e core.Event) error { panic(errors.New(private + e.Name)) }}
	s := newServer(t, Options{Gate: gate, Logger: logs.logger()})
	for _, r := range []*http.Request{jsonRequest(`{"name":"a"}`), request("GET", "/langflow/run?secret="+private, "")} {
		w := do(s, r)
		want(t, w, 500)
		if strings.Contains(w.Body.String(), private) || strings.Contains(w.Body.String(), "goroutine") {
			t.Errorf("the answer is %s", w.Body)
		}
	}
	if got := s.Counters(); got.Panics != 2 || got.Refused[500] != 2 {
		t.Errorf("the counters are %+v", got)
	}
	if text := logs.String(); strings.Contains(text, private) || !strings.Contains(text, "*errors.errorString") || !strings.Contains(text, "intake.go") {
		t.Errorf("the log says %s", text)
	}
	if free := s.rules().bodies.inFlight.free.Load(); free != s.opts.MaxInFlight {
		t.Errorf("%d bytes were not given back", s.opts.MaxInFlight-free)
	}
	if err := s.Shutdown(t.Context()); err != nil { // nobody is inside any more
		t.Error(err)
	}
}

func TestAPanicOfWhatIsHandedInLaterIsCaught(t *testing.T) {
	gate := &recorder{before: func(context.Context, core.Event) error { panic("x") }}
	s := newServer(t, Options{Gate: gate})
	want(t, do(s, request("GET", "/langflow/component_inputs?componentRunId=r&componentId=c&componentInputs=1&chunkIndex=0&totalChunks=2", "")), 200)
	if err := s.Drain(t.Context()); err != nil || s.Counters().Panics != 1 {
		t.Errorf("%v, %+v", err, s.Counters())
	}
}

// TestTLSIsOneDotTwoAtLeastAndFollowsItsFiles replaces the certificate of a running server,
// first by one that is broken.
func TestTLSIsOneDotTwoAtLeastAndFollowsItsFiles(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	if err := newServer(t, Options{CertFile: certFile, KeyFile: keyFile, Listen: "127.0.0.1:0"}).Start(t.Context()); err == nil {
		t.Error("it started without its certificate")
	}
	first := writeCertificate(t, certFile, keyFile, 1)
	logs := &logged{}
	s := started(t, Options{CertFile: certFile, KeyFile: keyFile, Logger: logs.logger()})
	if !strings.HasPrefix(s.URL(), "https://") {
		t.Errorf("it listens on %s", s.URL())
	}
	serial := func(roots *x509.Certificate, c *tls.Config) (string, error) {
		c.RootCAs = x509.NewCertPool()
		c.RootCAs.AddCert(roots)
		c.NextProtos = []string{"h2", "http/1.1"}
		hc := &http.Client{Transport: &http.Transport{TLSClientConfig: c, ForceAttemptHTTP2: true}}
		defer hc.CloseIdleConnections()
		resp, err := hc.Post(s.URL()+"/v1/events", "application/json", strings.NewReader(`{"name":"a"}`))
		if err != nil {
			return "", err
		}
		defer resp.Body.Close()
		if resp.StatusCode != 200 || resp.ProtoMajor != 2 {
			t.Errorf("answered %s %d", resp.Proto, resp.StatusCode)
		}
		return resp.TLS.PeerCertificates[0].SerialNumber.String(), nil
	}
	if got, err := serial(first, &tls.Config{MaxVersion: tls.VersionTLS12}); got != "1" || err != nil {
		t.Errorf("the certificate is %q: %v", got, err)
	}
	if _, err := serial(first, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}); err == nil {
		t.Error("TLS 1.1 was spoken")
	}
	if err := os.WriteFile(certFile, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if got, err := serial(first, &tls.Config{}); got != "1" || err != nil {
			t.Errorf("the certificate is %q: %v", got, err)
		}
	}
	if n := strings.Count(logs.String(), "cannot be loaded"); n != 1 {
		t.Errorf("that it is broken was logged %d times:\n%s", n, logs)
	}
	second := writeCertificate(t, certFile, keyFile, 22)
	if got, err := serial(second, &tls.Config{}); got != "22" || err != nil {
		t.Errorf("the certificate is %q: %v", got, err)
	}
}

func TestTheHandlerWorksInTheServerOfAHost(t *testing.T) {
	gate := &recorder{}
	s := newServer(t, Options{Gate: gate})
	mux := http.NewServeMux()
	mux.Handle("/telemetry/", http.StripPrefix("/telemetry", s.Handler()))
	host := httptest.NewServer(mux)
	defer host.Close()
	if resp, body := post(t, client(t), host.URL+"/telemetry", `{"name":"a"}`); resp.StatusCode != 200 {
		t.Errorf("got %d %s", resp.StatusCode, body)
	}
	resp, _ := get(t, client(t), host.URL+"/telemetry/langflow/run?runSeconds=1")
	if resp.StatusCode != 200 || fmt.Sprint(gate.names()) != "[a run]" {
		t.Errorf("got %s, the events are %v", resp.Status, gate.names())
	}
}

// TestAnswersAndBooksAgree uses a real dispatcher.
func TestAnswersAndBooksAgree(t *testing.T) {
	d, err := core.New(core.Config{Sinks: []core.SinkConfig{{Name: "nowhere", Reach: core.ReachLocal, Sink: core.SinkFunc(func(context.Context, []core.Sealed) error { return nil })}}},
		core.WithEnviron(func(string) (string, bool) { return "", false }), core.WithStateDir(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	s := started(t, Options{Gate: d})
	c := client(t)
	var total account
	add := func(body string, headers ...string) {
		t.Helper()
		r, err := http.NewRequest("POST", s.URL()+"/v1/events", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-ndjson")
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		resp, text := send(t, c, r)
		var a account
		if err := json.Unmarshal([]byte(text), &a); err != nil || resp.StatusCode != 200 {
			t.Fatalf("%d %s: %v", resp.StatusCode, text, err)
		}
		total.Accepted += a.Accepted
		total.Denied += a.Denied
		total.Rejected = append(total.Rejected, a.Rejected...)
	}
	mixed := `{"name":"a"}` + "\n" + `nonsense` + "\n" + `{"name":""}` + "\n" + `{"name":"b","id":"1"}` + "\n" + strings.Repeat("[", 100) + "\n" + `{"name":"c","properties":5}`
	add(mixed)
	add(mixed, "DNT", "1")
	add(mixed, "Sec-GPC", "1")
	d.SetDoNotTrack(true)
	add(mixed)
	books := d.Stats().Books
	if books.Received != 24 || books.Received != books.Accepted+books.Denied+books.Rejected+books.Duplicates {
		t.Errorf("the books are %+v", books)
	}
	if uint64(total.Accepted) != books.Accepted+books.Duplicates || uint64(total.Denied) != books.Denied || uint64(len(total.Rejected)) != books.Rejected {
		t.Errorf("the answers are %+v, the books %+v", total, books)
	}
	for _, r := range total.Rejected {
		if strings.HasPrefix(r.Error, "headgate:") || r.Error == "" {
			t.Errorf("line %d is rejected with %q", r.Index, r.Error)
		}
	}
	if err := d.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if resp, body := post(t, c, s.URL(), `{"name":"late"}`); resp.StatusCode != 503 || resp.Header.Get("Retry-After") == "" {
		t.Errorf("after the dispatcher was closed: %d %s", resp.StatusCode, body)
	}
}
