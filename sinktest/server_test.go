package sinktest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/headgate-dev/headgate/sinktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ask makes a request with connections of its own.
func ask(t *testing.T, url, method, body string, header http.Header) (*http.Response, []byte, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if header != nil {
		r.Header = header
	}
	transport := &http.Transport{DisableCompression: true}
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(r)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	return resp, got, err
}

func TestTheServerMisbehavesAsItIsTold(t *testing.T) {
	const never = 0 // no answer that can be read
	for fault, want := range map[sinktest.Fault]struct {
		status  int
		whole   bool // of the body
		timeout bool
	}{
		sinktest.NoFault: {503, true, false}, sinktest.Hang: {never, false, true}, sinktest.HangUp: {never, false, false},
		sinktest.Reset: {never, false, false}, sinktest.HalfClose: {never, false, false}, sinktest.CutStatusLine: {never, false, false},
		sinktest.NotHTTP: {never, false, false}, sinktest.HangInHeader: {never, false, true}, sinktest.EndlessHeader: {never, false, false},
		sinktest.CutBody: {503, false, false}, sinktest.HangInBody: {503, false, true}, sinktest.SlowBody: {503, false, true},
		sinktest.EndlessBody: {503, true, false}, sinktest.HugeBody: {503, true, false}, sinktest.BadChunks: {503, false, false}, sinktest.CutChunks: {503, false, false},
	} {
		t.Run(fault.String(), func(t *testing.T) {
			t.Parallel()
			server := sinktest.NewServer(t, func(sinktest.Request) sinktest.Answer {
				return sinktest.Answer{Status: 503, Body: "busy", Header: map[string]string{"X-A": "b"}, Fault: fault}
			})
			resp, _, err := ask(t, server.URL+"/in", "POST", "{}", nil)
			status := never
			if resp != nil {
				status = resp.StatusCode
			}
			if status != want.status || (err == nil) != want.whole || errors.Is(err, context.DeadlineExceeded) != want.timeout {
				t.Errorf("status %d, %v", status, err)
			}
			if n := len(server.Requests()); n != 1 {
				t.Errorf("%d requests were remembered", n)
			}
		})
	}
}

func TestTheServerRemembersWhatItWasSent(t *testing.T) {
	server := sinktest.NewServer(t, nil)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write([]byte("hello"))
	_ = z.Close()
	for _, c := range []struct {
		method, body string
		header       http.Header
	}{
		{"POST", "hello", nil},
		{"PUT", packed.String(), http.Header{"Content-Encoding": {"gzip"}}},
		{"POST", "hello", http.Header{"Content-Encoding": {"gzip"}}}, // which is not true
		{"POST", "hello", http.Header{"Expect": {"100-continue"}}},
		{"HEAD", "", nil},
	} {
		if resp, _, err := ask(t, server.URL+"/a%2Fb?c=d", c.method, c.body, c.header); err != nil || resp.StatusCode != 200 {
			t.Fatalf("%s: %v", c.method, err)
		}
	}
	got := server.Requests()
	if len(got) != 5 || server.Connections() != 5 {
		t.Fatalf("%d requests, %d connections", len(got), server.Connections())
	}
	for i, r := range got {
		if want := strings.Repeat("hello", min(1, 4-i)); r.Index != i || r.Path != "/a%2Fb" || r.Query != "c=d" || string(r.Body) != want || r.At.IsZero() {
			t.Errorf("%d: %+v, body %q", i, r, r.Body)
		}
	}
}

func TestAConnectionIsKeptForTheNextRequest(t *testing.T) {
	server := sinktest.NewServer(t, func(r sinktest.Request) sinktest.Answer { return sinktest.Answer{Body: string(r.Body)} })
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for range 3 {
		resp, err := client.Post(server.URL, "text/plain", strings.NewReader("x"))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	if n := server.Connections(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

func TestAnAnswerCanComeBeforeTheBody(t *testing.T) {
	server := sinktest.NewServer(t, nil)
	server.OnHead = func(r sinktest.Request) (sinktest.Answer, bool) {
		return sinktest.Answer{Status: 413}, r.Method == "POST"
	}
	resp, _, err := ask(t, server.URL, "POST", "x", nil)
	if err != nil || resp.StatusCode != 413 || server.Requests()[0].Body != nil {
		t.Errorf("%v, %+v", err, server.Requests())
	}
	if resp, _, err := ask(t, server.URL, "PUT", "x", nil); err != nil || resp.StatusCode != 200 || string(server.Requests()[1].Body) != "x" {
		t.Errorf("%v, %+v", err, server.Requests())
	}
}

func TestAServerThatIsClosedAnswersNothing(t *testing.T) {
	server := sinktest.NewServer(t, func(sinktest.Request) sinktest.Answer { return sinktest.Answer{Fault: sinktest.Hang} })
	done := make(chan error, 1)
	go func() {
		_, _, err := ask(t, server.URL, "POST", "x", nil)
		done <- err
	}()
	for len(server.Requests()) == 0 {
		time.Sleep(time.Millisecond)
	}
	server.Close()
	if err := <-done; err == nil {
		t.Error("it answered")
	}
	server.Close()
	if _, _, err := ask(t, server.URL, "POST", "x", nil); err == nil {
		t.Error("it answers")
	}
}
