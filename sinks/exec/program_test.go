//go:build unix

package exec

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	osexec "os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestMain is the program that the sink runs, when its environment says so.
func TestMain(m *testing.M) {
	if mode := os.Getenv("PROGRAM"); mode != "" {
		program(mode)
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

type question struct {
	ID     uint64 `json:"id"`
	Check  bool   `json:"check"`
	Events []struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"events"`
}

func program(mode string) {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	for n := 1; lines.Scan(); n++ {
		var q question
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			fmt.Fprintln(os.Stderr, "not JSON:", err)
			os.Exit(3)
		}
		reply(mode, n, q)
	}
	if path := os.Getenv("ENDED"); path != "" {
		_ = os.WriteFile(path, []byte("ended"), 0o600)
	}
	if mode == "stays" {
		time.Sleep(time.Hour)
	}
}

func reply(mode string, n int, q question) {
	say := func(format string, args ...any) { fmt.Printf(format+"\n", args...) }
	switch mode {
	case "writes":
		f, err := os.OpenFile(os.Getenv("OUT"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			say(`{"id":%d,"error":%q}`, q.ID, err)
			return
		}
		for _, e := range q.Events {
			fmt.Fprintln(f, e.ID, e.Name)
		}
		if err := f.Close(); err != nil {
			say(`{"id":%d,"error":%q}`, q.ID, err)
			return
		}
		say(`{"id":%d}`, q.ID)
	case "exits":
		fmt.Fprintln(os.Stderr, "giving up, password="+"swordfish")
		os.Exit(7)
	case "exits once":
		if path := os.Getenv("OUT"); os.Mkdir(path, 0o700) == nil {
			os.Exit(7)
		}
		say(`{"id":%d}`, q.ID)
	case "garbage":
		say("starting up…")
	case "endless line":
		fmt.Print(strings.Repeat("x", 2*maxAnswer))
		time.Sleep(time.Hour)
	case "stuck", "stays":
		if mode == "stays" {
			say(`{"id":%d}`, q.ID)
			return
		}
		time.Sleep(time.Hour)
	case "does not read":
		time.Sleep(time.Hour)
	case "closes output":
		_ = os.Stdout.Close()
		time.Sleep(time.Hour)
	case "leaves a child":
		child := osexec.Command("/bin/sleep", "3600")
		child.Stdout, child.Stderr = os.Stdout, os.Stderr
		child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if err := child.Start(); err == nil {
			_ = os.WriteFile(os.Getenv("OUT"), fmt.Append(nil, child.Process.Pid), 0o600)
		}
		os.Exit(0)
	case "backwards":
		if n%2 == 1 {
			first = q.ID
			return
		}
		say(`{"id":%d,"error":"the second"}`, q.ID)
		say(`{"id":%d,"error":"the first"}`, first)
	case "environment":
		say(`{"id":%d,"error":%q}`, q.ID, strings.Join(os.Environ(), " "))
	case "noisy":
		for i := range 1000 {
			fmt.Fprintf(os.Stderr, "line %d for %s\n", i, "ada@"+"example.com")
		}
		say(`{"id":%d}`, q.ID)
	default: // the answer itself, but for the id
		say(`{"id":%d%s}`, q.ID, mode)
	}
}

var first uint64
