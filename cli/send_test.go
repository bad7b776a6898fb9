package cli

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
)

func TestAnInterruptedStreamSaysWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("headgate", "send", "--file", "-")
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "XDG_CONFIG_HOME="+cmd.Dir, "DO_NOT_TRACK=", "HEADGATE_CONFIG=")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stdout strings.Builder
	cmd.Stdout = &stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill() }()
	if _, err := io.WriteString(stdin, `{"name":"first"}`+"\n"); err != nil {
		t.Fatal(err)
	}
	// The log sink writes the event while the command waits for more on its standard input.
	lines := bufio.NewScanner(stderr)
	for lines.Scan() && !strings.Contains(lines.Text(), "Payload") {
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(stderr)
	if err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitFailed {
		t.Errorf("exit status %d, want %d", code, exitFailed)
	}
	if !strings.Contains(string(rest), "interrupted while reading standard input") {
		t.Errorf("stderr: %s", rest)
	}
	if !strings.Contains(stdout.String(), "1 events: 1 accepted") || !strings.Contains(stdout.String(), "1 delivered") {
		t.Errorf("stdout: %s", stdout.String())
	}
}

func TestReadingAheadIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		source := &endless{}
		batches, ended := make(chan lineBatch, batchesAhead), make(chan error, 1)
		go func() { ended <- readAhead(ctx, source, batches) }()
		synctest.Wait() // it has read as far as it may
		before := source.read
		const most = (batchesAhead+2)*maxBatchBytes + 512<<10
		if before > most {
			t.Errorf("%d bytes were read ahead, want at most %d", before, most)
		}
		<-batches
		synctest.Wait()
		if source.read == before {
			t.Error("nothing was read when there was room")
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
	})
}

// endless is a stream of long lines.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
		if (e.read+i)%100_000 == 99_999 {
			p[i] = '\n'
		}
	}
	e.read += len(p)
	return len(p), nil
}
