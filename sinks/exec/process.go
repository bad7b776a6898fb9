package exec

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"sync"
	"time"

	"github.com/headgate-dev/headgate/core/sanitize"
	"github.com/headgate-dev/headgate/registry"
)

const (
	// maxAnswer bounds a line that the program writes.
	maxAnswer = 1 << 20
	// exitGrace is how long a program may go on after it has closed its standard output.
	exitGrace = 5 * time.Second
	// drainGrace is how long is read from what has left the program's group and holds its pipes.
	drainGrace = time.Second
)

// process is the program while it runs.
type process struct {
	cmd            *osexec.Cmd
	stdin          io.WriteCloser
	stdout, stderr *os.File

	writing sync.Mutex // held while a question is written, so that lines stay whole

	mu      sync.Mutex
	waiting map[uint64]chan answer
	why     error         // why there are no more answers; nil while there may be
	reaped  bool          // its process id may be another's
	ended   chan struct{} // closed once it has exited and everything it wrote was read
}

// kept are the variables of headgate's own environment that the program gets.
var kept = []string{"PATH", "HOME", "TMPDIR", "LANG", "SYSTEMROOT"}

// start starts the program. The error names it without its arguments, which may be anything.
func start(cfg Config, env registry.Env, cleaner *sanitize.Sanitizer) (*process, error) {
	cmd := osexec.Command(cfg.Command[0], cfg.Command[1:]...)
	cmd.Dir = cfg.Dir
	cmd.Env = []string{"HEADGATE_SINK=" + env.Name, "HEADGATE_APP=" + env.App.Name, "HEADGATE_EVENT_PREFIX=" + env.EventPrefix}
	for _, name := range kept {
		if value, ok := os.LookupEnv(name); ok {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	for name, value := range cfg.Env {
		cmd.Env = append(cmd.Env, name+"="+value.Reveal())
	}
	inGroupOfItsOwn(cmd)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("exec: starting the program: %w", err)
	}
	stdout, out, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("exec: starting the program: %w", err)
	}
	stderr, complaints, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("exec: starting the program: %w", err), stdout.Close(), out.Close())
	}
	cmd.Stdout, cmd.Stderr = out, complaints
	err = cmd.Start()
	_, _ = out.Close(), complaints.Close() // they are the program's now
	if err != nil {
		_, _, _ = stdin.Close(), stdout.Close(), stderr.Close()
		return nil, fmt.Errorf("exec: starting the program: %w", err)
	}
	p := &process{
		cmd: cmd, stdin: stdin, stdout: stdout, stderr: stderr,
		waiting: make(map[uint64]chan answer), ended: make(chan struct{}),
	}
	go p.attend(newComplaints(env.Logger, cleaner))
	return p, nil
}

// attend reads what the program writes until it has exited.
func (p *process) attend(log *complaints) {
	defer close(p.ended)
	var reading sync.WaitGroup
	reading.Go(func() { log.read(p.stderr) })
	spoke, err := p.answers()
	p.fail(err) // nobody waits for answers that are not read any more
	if !spoke {
		p.kill()
	}
	late := time.AfterFunc(exitGrace, p.kill)
	status := p.cmd.Wait()
	late.Stop()
	p.mu.Lock()
	p.reaped = true
	p.mu.Unlock()
	_ = p.stderr.SetReadDeadline(time.Now().Add(drainGrace))
	reading.Wait()
	_, _, _ = p.stdin.Close(), p.stdout.Close(), p.stderr.Close()
	log.ended(status)
}

// answers hands out the program's answers. It returns whether what it wrote were answers,
// and why there are no more.
func (p *process) answers() (spoke bool, why error) {
	lines := bufio.NewScanner(p.stdout)
	lines.Buffer(make([]byte, 0, 4096), maxAnswer)
	for lines.Scan() {
		a, err := parseAnswer(lines.Bytes())
		if err != nil {
			return false, fmt.Errorf("exec: the program does not speak the protocol: %w", err)
		}
		p.mu.Lock()
		waiting := p.waiting[a.ID]
		delete(p.waiting, a.ID)
		p.mu.Unlock()
		if waiting != nil { // else nobody waits for it any more
			waiting <- a
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return false, fmt.Errorf("exec: the program does not speak the protocol: it wrote a line of more than %d bytes", maxAnswer)
	}
	return true, errors.New("exec: the program has ended; what it wrote to its standard error is in the log")
}

// fail says why there will be no more answers.
func (p *process) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.why == nil {
		p.why = err
	}
	for id, waiting := range p.waiting {
		close(waiting)
		delete(p.waiting, id)
	}
}

// over reports whether the program answers no more.
func (p *process) over() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.why != nil
}

// ask writes a question and waits for its answer. A program that does not answer before
// ctx ends is killed: what it does with the next question would be anybody's guess.
func (p *process) ask(ctx context.Context, id uint64, question []byte) (answer, error) {
	waiting := make(chan answer, 1)
	p.mu.Lock()
	if p.why != nil {
		defer p.mu.Unlock()
		return answer{}, p.why
	}
	p.waiting[id] = waiting
	p.mu.Unlock()
	stuck := context.AfterFunc(ctx, func() {
		p.fail(fmt.Errorf("exec: the program did not answer in time: %w", context.Cause(ctx)))
		p.kill()
	})
	defer stuck()
	if err := p.write(question); err != nil {
		p.fail(errors.New("exec: the program reads no more"))
		p.kill()
	}
	a, ok := <-waiting
	if !ok {
		p.mu.Lock()
		defer p.mu.Unlock()
		return answer{}, p.why
	}
	return a, nil
}

// kill ends the program and what it has started, at once. What has left its group and holds
// its pipes is not waited for.
func (p *process) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reaped {
		return
	}
	killGroup(p.cmd.Process)
	_ = p.stdout.SetReadDeadline(time.Now().Add(drainGrace))
}

func (p *process) write(line []byte) error {
	p.writing.Lock()
	defer p.writing.Unlock()
	_, err := p.stdin.Write(line)
	return err
}

// close ends the program's input and waits for it to exit, or kills it when ctx ends.
func (p *process) close(ctx context.Context) error {
	_ = p.stdin.Close() // which it may have done itself
	select {
	case <-p.ended:
		return nil
	case <-ctx.Done():
		p.fail(errClosed)
		p.kill()
		<-p.ended
		return fmt.Errorf("exec: the program did not end in time and was killed: %w", context.Cause(ctx))
	}
}
