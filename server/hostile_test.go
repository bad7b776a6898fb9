package server

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/wire"
)

const mebibyte = 1 << 20

// TestThePayloadZoo has every strange event refused or taken by itself, its neighbours
// taken, and none of them cost much time.
func TestThePayloadZoo(t *testing.T) {
	nested := func(n int) string { return strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) }
	var manyKeys strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&manyKeys, `"k%d":1,`, i)
	}
	for _, c := range []struct {
		name, event string
		taken       bool
	}{
		{"as deep as allowed", `{"name":"x","properties":` + nested(wire.MaxDepth-1) + `}`, true},
		{"10,001 deep", `{"name":"x","properties":` + nested(10_001) + `}`, false},
		{"a million brackets", strings.Repeat("[", mebibyte), false},
		{"100,000 keys", `{"name":"x","properties":{` + manyKeys.String() + `"z":1}}`, false},
		{"a string of 4 MB", `{"name":"x","properties":{"a":"` + strings.Repeat("é", 2_000_000) + `"}}`, true},
		{"a number past float64", `{"name":"x","properties":{"a":1e400}}`, true},
		{"an integer of 10,000 digits", `{"name":"x","properties":{"a":` + strings.Repeat("9", 10_000) + `}}`, true},
		{"not a number", `{"name":"x","properties":{"a":NaN}}`, false},
		{"invalid UTF-8", "{\"name\":\"x\",\"properties\":{\"a\xff\":\"b\xc3\"}}", true},
		{"a lone surrogate", `{"name":"x","properties":{"a":"\ud800"}}`, true},
		{"NUL, escaped", `{"name":"x","properties":{"\u0000":"\u0000"}}`, true},
		{"NUL, raw", "{\"name\":\"x\",\"properties\":{\"a\":\"\x00\"}}", false},
		{"a key twice", `{"name":"y","name":"x","properties":{"a":1,"a":{"b":2}}}`, true},
		{"a key twice in different cases", `{"name":"y","NAME":"x"}`, true},
		{"the prototype", `{"name":"x","properties":{"__proto__":{"a":1},"constructor":1}}`, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			gate := &recorder{}
			s := newServer(t, Options{Gate: gate})
			begin := time.Now()
			answer := want(t, do(s, ndjsonRequest(`{"name":"before"}`+"\n"+c.event+"\n"+`{"name":"after"}`)), 200)
			if took := time.Since(begin); took > 500*time.Millisecond && !raceDetector {
				t.Errorf("it took %v", took)
			}
			wanted := "before x after"
			if !c.taken {
				wanted = "before after"
			}
			if got := strings.Join(gate.names(), " "); got != wanted {
				t.Errorf("the events are %q; %v", got, answer)
			}
		})
	}
}

func TestAnEventInAnArrayThatIsTooDeepLeavesItsNeighboursAlone(t *testing.T) {
	gate := &recorder{}
	body := `[{"name":"a"},` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `,{"name":"b"}]`
	answer := want(t, do(newServer(t, Options{Gate: gate}), jsonRequest(body)), 200)
	if got := fmt.Sprint(gate.names(), answer["rejected"]); got != "[a b] [map[error:nested deeper than 64 index:1]]" {
		t.Error(got)
	}
}

// TestADecompressionBombIsRefusedAtOnce: deflate reaches 1,029:1, zstd far more.
func TestADecompressionBombIsRefusedAtOnce(t *testing.T) {
	zeros := make([]byte, 100*mebibyte)
	spaces := bytes.Repeat([]byte(" "), 4*mebibyte) // within the limit, told by its ratio alone
	gz := gzipped(t, zeros)
	for _, c := range []struct {
		name, encoding string
		body           []byte
		status         int
	}{
		{"gzip of 100 MiB", "gzip", gz, 413},
		{"gzip of 4 MiB", "gzip", gzipped(t, spaces), 413},
		{"zstd of 100 MiB", "zstd", zstandard(t, zeros), 413},
		{"zstd of 4 MiB", "zstd", zstandard(t, spaces), 413},
		{"gzip within gzip", "gzip", gzipped(t, gz), 400}, // only the outer one is undone
		{"gzip of many members", "gzip", bytes.Repeat(gzipped(t, make([]byte, mebibyte)), 50), 413},
		{"gzip of very many members", "gzip", bytes.Repeat(gzipped(t, nil), 200_000), 400}, // of nothing
		{"zstd of many frames", "zstd", bytes.Repeat(zstandard(t, make([]byte, mebibyte)), 50), 413},
		{"zstd with a window of 128 MiB", "zstd", []byte("\x28\xb5\x2f\xfd\x00\x88\x11\x00\x00{}"), 400},
		{"gzip and garbage", "gzip", append(gzipped(t, []byte(`{"name":"a"}`)), "garbage"...), 400},
		{"zstd and garbage", "zstd", append(zstandard(t, []byte(`{"name":"a"}`)), "garbage"...), 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t, Options{})
			r := jsonRequest(string(c.body), "Content-Encoding", c.encoding)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			begin := time.Now()
			w := do(s, r)
			took := time.Since(begin)
			runtime.ReadMemStats(&after)
			want(t, w, c.status)
			// All that was allocated, so also the peak. The body itself is copied once.
			if grown := int64(after.TotalAlloc-before.TotalAlloc) - 2*int64(len(c.body)); grown > 2*s.opts.MaxBody+zstdWindow {
				t.Errorf("it allocated %d KiB", grown>>10)
			}
			if took > 500*time.Millisecond && !raceDetector {
				t.Errorf("it took %v", took)
			}
			t.Logf("%d bytes: %v, %d KiB", len(c.body), took, (after.TotalAlloc-before.TotalAlloc)>>10)
		})
	}
}

// TestManySmallObjectsDoNotFillTheMemory sends 64 bodies at once that encoding/json would turn
// into 45 times their size.
func TestManySmallObjectsDoNotFillTheMemory(t *testing.T) {
	small := strings.TrimSuffix(strings.Repeat(`{"a":0},`, mebibyte/8), ",")
	for name, body := range map[string]string{
		"as the events of an array":        "[" + small + "]",
		"as a property":                    `{"name":"a","properties":{"l":[` + small + `]}}`,
		"as the events of lines":           strings.ReplaceAll(small, ",", "\n"),
		"as a property of as many as pass": `[` + strings.TrimSuffix(strings.Repeat(`{"name":"a","properties":{"l":[`+small[:8*wire.MaxValues/4-17]+`]}},`, 50), ",") + `]`,
	} {
		t.Run(name, func(t *testing.T) {
			forgetful := &recorder{before: func(context.Context, core.Event) error { return core.ErrInvalidEvent }}
			s := newServer(t, Options{Gate: forgetful, MaxInFlight: 16 * mebibyte})
			contentType := "application/json"
			if strings.HasPrefix(body, `{"a":0}`) {
				contentType = "application/x-ndjson"
			}
			runtime.GC()
			var base runtime.MemStats
			runtime.ReadMemStats(&base)
			stop, peak := sampleHeap()
			var byStatus [600]atomic.Int64
			var senders sync.WaitGroup
			for range 64 {
				senders.Go(func() {
					byStatus[do(s, request("POST", "/v1/events", body, "Content-Type", contentType)).Code].Add(1)
				})
			}
			senders.Wait()
			stop()
			for status := range byStatus {
				n := byStatus[status].Load()
				if n > 0 && status != 200 && status != 413 && status != 503 {
					t.Errorf("%d are answered %d", n, status)
				}
			}
			if grown := int64(peak.Load()) - int64(base.HeapAlloc); grown > 384*mebibyte {
				t.Errorf("the heap grew by %d MiB", grown/mebibyte)
			} else {
				t.Logf("the heap grew by %d MiB; 200: %d, 413: %d, 503: %d", grown/mebibyte, byStatus[200].Load(), byStatus[413].Load(), byStatus[503].Load())
			}
			if free := s.rules().bodies.inFlight.free.Load(); free != s.opts.MaxInFlight {
				t.Errorf("%d bytes were not given back", s.opts.MaxInFlight-free)
			}
		})
	}
}

// sampleHeap notes the largest heap until stop is called.
func sampleHeap() (stop func(), peak *atomic.Uint64) {
	peak = &atomic.Uint64{}
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		var m runtime.MemStats
		for {
			runtime.ReadMemStats(&m)
			peak.Store(max(peak.Load(), m.HeapAlloc))
			select {
			case <-quit:
				return
			case <-time.After(2 * time.Millisecond):
			}
		}
	}()
	return func() { close(quit); <-done }, peak
}

// pipeListener is a listener whose connections are pipes, which fake time can wait for.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error   { l.once.Do(func() { close(l.closed) }); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

func (l *pipeListener) dial() net.Conn {
	near, far := net.Pipe()
	l.conns <- far
	return near
}

// TestSlowConnectionsAreClosed opens 2,000 connections that send a byte in ten seconds, of a
// header or of a body, while somebody else sends events.
func TestSlowConnectionsAreClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := &recorder{}
		s := newServer(t, Options{Gate: gate})
		l := newPipeListener()
		if err := s.endpoint.serve(l); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		var closed atomic.Int64
		var slow sync.WaitGroup
		for i := range 2000 {
			conn := l.dial()
			head := "POST /v1/events HTTP/1.1\r\nX: "
			if i%2 == 0 {
				head = "POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5000000\r\n\r\n"
			}
			go io.Copy(io.Discard, conn)
			slow.Go(func() {
				defer conn.Close()
				for _, err := io.WriteString(conn, head); err == nil; _, err = io.WriteString(conn, " ") {
					time.Sleep(10 * time.Second)
				}
				closed.Add(1)
			})
		}
		time.Sleep(4 * time.Second)
		conn := l.dial()
		asked := time.Now()
		fmt.Fprint(conn, "POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{\"name\":\"a\"}")
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || resp.StatusCode != 200 || time.Since(asked) > 100*time.Millisecond {
			t.Errorf("a good request is answered %v %v after %v", resp, err, time.Since(asked))
		}
		conn.Close()
		time.Sleep(20*time.Second - time.Since(begin))
		synctest.Wait()
		if n := closed.Load(); n != 2000 {
			t.Errorf("%d of 2000 are closed after 20 s", n)
		}
		slow.Wait()
		if got := s.Counters().Refused[http.StatusRequestTimeout]; got != 1000 {
			t.Errorf("%d bodies were counted as too slow", got)
		}
	})
}

func TestAnIdleConnectionIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, Options{})
		l := newPipeListener()
		if err := s.endpoint.serve(l); err != nil {
			t.Fatal(err)
		}
		conn := l.dial()
		defer conn.Close()
		fmt.Fprint(conn, "GET /langflow/run HTTP/1.1\r\nHost: x\r\n\r\n")
		answers := bufio.NewReader(conn)
		if resp, err := http.ReadResponse(answers, nil); err != nil || resp.Close {
			t.Fatal(resp, err)
		}
		begin := time.Now()
		if _, err := answers.ReadByte(); err == nil || time.Since(begin) != time.Minute {
			t.Errorf("it ended after %v with %v", time.Since(begin), err)
		}
	})
}

func TestConnectionsAreBoundedInNumber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, Options{MaxConnections: 2})
		l := newPipeListener()
		if err := s.endpoint.serve(l); err != nil {
			t.Fatal(err)
		}
		first, second := l.dial(), l.dial()
		defer second.Close()
		third := make(chan net.Conn)
		go func() { third <- l.dial() }()
		synctest.Wait()
		select {
		case <-third:
			t.Fatal("three were accepted")
		default:
		}
		first.Close()
		conn := <-third
		fmt.Fprint(conn, "GET /langflow/run HTTP/1.1\r\nHost: x\r\n\r\n")
		if resp, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil || resp.StatusCode != 200 {
			t.Errorf("the third is answered %v %v", resp, err)
		}
		conn.Close()
	})
}

// TestRequestsThatBendTheProtocolEndTheirConnection sends each as bytes, with another
// request behind it that must not be taken for one.
func TestRequestsThatBendTheProtocolEndTheirConnection(t *testing.T) {
	const smuggled = "GET /langflow/smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
	const event = `{"name":"a"}`
	head := "POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
	for _, c := range []struct {
		name, request string
		status        int
		taken         bool // the event a
	}{
		{"a huge header", "GET /langflow/run?a=" + strings.Repeat("x", 2*maxHeaderBytes) + " HTTP/1.1\r\nHost: x\r\n\r\n", 431, false},
		{"many headers", "GET /langflow/run HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("A: b\r\n", maxHeaderBytes/4) + "\r\n", 431, false},
		{"two lengths", head + "Content-Length: 12\r\nContent-Length: 5\r\n\r\n" + event, 400, false},
		{"a length that is none", head + "Content-Length: +12\r\n\r\n" + event, 400, false},
		{"a length and chunks", head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nc\r\n" + event + "\r\n0\r\n\r\n", 200, true},
		{"chunks and a length", head + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nc\r\n" + event + "\r\n0\r\n\r\n", 200, true},
		{"chunks twice", head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501, false},
		{"chunks and something else", head + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501, false},
		{"chunks in disguise", head + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501, false},
		{"a header with a space", head + "Content-Length : 12\r\n\r\n" + event, 400, false},
		{"no host", "GET /langflow/run HTTP/1.1\r\n\r\n", 400, false},
		{"a chunk that is no number", head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n" + event, 400, false},
		{"a chunk of 2^64 bytes", head + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n" + event, 400, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			gate := &recorder{}
			s := started(t, Options{Gate: gate})
			conn, err := net.Dial("tcp", s.Addr())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
			begin := time.Now()
			go io.WriteString(conn, c.request+smuggled) // it may be cut off
			answers := bufio.NewReader(conn)
			resp, err := http.ReadResponse(answers, nil)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			if resp.StatusCode != c.status {
				t.Errorf("it is answered %s", resp.Status)
			}
			if b, err := answers.ReadByte(); err == nil {
				t.Errorf("the connection goes on with %q", b)
			} else if timeout := net.Error(nil); errors.As(err, &timeout) && timeout.Timeout() {
				t.Error("the connection stays open")
			}
			if took := time.Since(begin); took > 2*time.Second {
				t.Errorf("it took %v", took)
			}
			if names := gate.names(); c.taken != (len(names) == 1 && names[0] == "a") && len(names) > 0 {
				t.Errorf("the events are %v", names)
			}
		})
	}
}

// TestABodyWithoutEndIsCutOff sends chunks for as long as they are taken.
func TestABodyWithoutEndIsCutOff(t *testing.T) {
	s := started(t, Options{MaxBody: mebibyte})
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	go func() {
		chunk := fmt.Sprintf("%x\r\n%s\r\n", 16<<10, strings.Repeat(" ", 16<<10))
		for _, err := io.WriteString(conn, "POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"); err == nil; {
			_, err = io.WriteString(conn, chunk)
		}
	}()
	begin := time.Now()
	answers := bufio.NewReader(conn)
	resp, err := http.ReadResponse(answers, nil)
	if err != nil || resp.StatusCode != 413 || !resp.Close || time.Since(begin) > time.Second {
		t.Errorf("it is answered %v %v after %v", resp, err, time.Since(begin))
	}
}

// TestALongLangflowErrorIsTakenWhole: the sender bounds neither its errors nor its URLs.
func TestALongLangflowErrorIsTakenWhole(t *testing.T) {
	gate := &recorder{}
	s := started(t, Options{Gate: gate})
	long := strings.Repeat("error ", 30_000)
	resp, _ := get(t, client(t), s.URL()+"/langflow/run?runErrorMessage="+strings.ReplaceAll(long, " ", "+"))
	if resp.StatusCode != 200 || len(gate.taken()) != 1 || gate.taken()[0].Props["runErrorMessage"] != long {
		t.Errorf("it is answered %s", resp.Status)
	}
}

// TestASenderThatStopsInTheMiddleLeavesNothingBehind disconnects within a body.
func TestASenderThatStopsInTheMiddleLeavesNothingBehind(t *testing.T) {
	gate := &recorder{}
	s := started(t, Options{Gate: gate})
	for range 20 {
		conn, err := net.Dial("tcp", s.Addr())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(conn, "POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nContent-Length: 1000\r\n\r\n{\"name\":\"a\"}\n{\"name\"")
		conn.Close()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	if n := len(gate.taken()); n != 0 {
		t.Errorf("%d events of broken bodies were taken", n)
	}
	if free := s.rules().bodies.inFlight.free.Load(); free != s.opts.MaxInFlight {
		t.Errorf("%d bytes were not given back", s.opts.MaxInFlight-free)
	}
}
