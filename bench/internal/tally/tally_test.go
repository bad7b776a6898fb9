package tally

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/bench/internal/board"
	"github.com/headgate-dev/headgate/bench/internal/reference"
)

func newTestSink(t *testing.T, total int) (*sink, *board.Board) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "board")
	if err := board.Create(path); err != nil {
		t.Fatal(err)
	}
	b, err := board.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSink(1, total, b)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.become(Refused) })
	return s, b
}

func post(t *testing.T, s *sink, encoding string, body []byte) int {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, "http://"+s.address, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if encoding != "" {
		r.Header.Set("Content-Encoding", encoding)
	}
	client := http.Client{Timeout: 300 * time.Millisecond, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(r)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

func TestEveryEventIsCountedOnce(t *testing.T) {
	s, b := newTestSink(t, 100)
	marks := reference.NewMarks(200)
	var body []byte
	for _, n := range []int{0, 63, 64, 99, 63, 100} { // one again, one that was not offered
		body = reference.AppendEvent(body, marks.At(n))
	}
	if status := post(t, s, "", body); status != http.StatusOK {
		t.Fatalf("the sink answered %d", status)
	}
	want := Count{Requests: 1, Bytes: uint64(len(body)), Distinct: 4, Duplicates: 1, Strangers: 1}
	if diff := cmp.Diff(want, s.account.count()); diff != "" {
		t.Error(diff)
	}
	if b.Distinct(1) != 4 || b.Distinct(0) != 0 || b.Last(1) == 0 {
		t.Errorf("the board has %d and %d events, the last at %d", b.Distinct(0), b.Distinct(1), b.Last(1))
	}
}

func TestACompressedBodyIsCounted(t *testing.T) {
	s, _ := newTestSink(t, 10)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(reference.AppendEvent(nil, reference.NewMarks(8).At(7))); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if status := post(t, s, "gzip", packed.Bytes()); status != http.StatusOK {
		t.Fatalf("the sink answered %d", status)
	}
	if got := s.account.count(); got.Distinct != 1 || got.Bytes != uint64(packed.Len()) {
		t.Errorf("%+v", got)
	}
}

func TestASinkFailsHangsAndComesBack(t *testing.T) {
	s, _ := newTestSink(t, 10)
	event := reference.AppendEvent(nil, reference.NewMarks(1).At(0))
	for _, step := range []struct {
		mode   Mode
		status int
	}{{Failing, http.StatusServiceUnavailable}, {Hanging, 0}, {Refused, 0}, {Up, http.StatusOK}} {
		if err := s.become(step.mode); err != nil {
			t.Fatal(err)
		}
		if status := post(t, s, "", event); status != step.status {
			t.Errorf("%s: it answered %d, want %d", step.mode, status, step.status)
		}
	}
	if got := s.account.count(); got.Distinct != 1 || got.Duplicates != 0 {
		t.Errorf("what was not answered was counted: %+v", got)
	}
}

func TestAnswersAreWhatTheSDKsLookFor(t *testing.T) {
	for _, member := range []string{`"code":200`, `"status":1`, `"success":true`, `"num_records_imported":`} {
		if !strings.Contains(string(accepted), member) {
			t.Errorf("the answer has no %s", member)
		}
	}
}
