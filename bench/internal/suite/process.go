package suite

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"syscall"
	"time"

	"github.com/headgate-dev/headgate/bench/internal/tally"
)

// command is a process that ends with this one.
func (b *Bench) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.Env = []string{"HOME=" + b.Scratch, "PATH=/usr/bin:/bin"} // no opt-out, no CI, no proxy, and GOGC as it comes
	return cmd
}

// limit is how long a process may take for a run.
const limit = 4 * time.Minute

// ask runs a program, tells it something and returns what it answers.
func ask[Answer any](ctx context.Context, b *Bench, question any, name string, args ...string) (a Answer, err error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := b.command(ctx, name, args...)
	text, err := json.Marshal(question)
	if err != nil {
		return a, err
	}
	var out, trouble bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(append(text, '\n')), &out, &trouble
	if err := cmd.Run(); err != nil {
		return a, fmt.Errorf("%w: %s", err, firstLine(trouble.Bytes()))
	}
	return a, json.Unmarshal(out.Bytes(), &a)
}

func firstLine(text []byte) []byte {
	line, _, _ := bytes.Cut(bytes.TrimSpace(text), []byte("\n"))
	return line[:min(len(line), 300)]
}

// conversation is a program that answers several times.
type conversation struct {
	cmd    *exec.Cmd
	cancel context.CancelFunc
	in     io.WriteCloser
	out    *bufio.Reader
}

func (b *Bench) converse(ctx context.Context, name string, args ...string) (*conversation, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	c := &conversation{cmd: b.command(ctx, name, args...), cancel: cancel}
	in, err := c.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.in, c.out = in, bufio.NewReader(out)
	return c, c.cmd.Start()
}

func (c *conversation) say(line []byte) error {
	_, err := c.in.Write(append(line, '\n'))
	return err
}

func (c *conversation) hear() ([]byte, error) { return c.out.ReadBytes('\n') }

// end kills what is left of the process.
func (c *conversation) end() {
	c.cancel()
	_ = c.cmd.Wait() // it was killed
}

// sink is the process that counts.
type sink struct {
	*conversation
	ready tally.Ready
}

func (r *run) startSink(ctx context.Context) (*sink, error) {
	c, err := r.converse(ctx, r.self, "sink", "-events", fmt.Sprint(r.events), "-board", r.path)
	if err != nil {
		return nil, err
	}
	s := &sink{conversation: c}
	line, err := c.hear()
	if err == nil {
		err = json.Unmarshal(line, &s.ready)
	}
	if err != nil {
		s.stop()
		return nil, fmt.Errorf("start the sink: %w", err)
	}
	return s, nil
}

func (s *sink) stop() { s.end() }

// become changes how the sinks behave.
func (s *sink) become(m tally.Mode) error {
	resp, err := http.Post(s.ready.Control+"/mode/"+string(m), "", nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the sink did not become %s: %s", m, resp.Status)
	}
	return nil
}

// account returns what the sinks have got.
func (s *sink) account() (a tally.Report, err error) {
	resp, err := http.Get(s.ready.Control + "/account")
	if err != nil {
		return a, err
	}
	defer resp.Body.Close()
	return a, json.NewDecoder(resp.Body).Decode(&a)
}

// whole says what is wrong with the account of the first sinks, each of which should have got every event once.
func whole(a tally.Report, sinks, events int) error {
	var wrong []error
	for i, c := range a.Sinks[:sinks] {
		if int(c.Distinct) != events {
			wrong = append(wrong, fmt.Errorf("sink %d got %d of %d events", i, c.Distinct, events))
		}
		if c.Duplicates > 0 || c.Strangers > 0 {
			wrong = append(wrong, fmt.Errorf("sink %d got %d events again and %d that nobody sent", i, c.Duplicates, c.Strangers))
		}
	}
	return errors.Join(wrong...)
}
