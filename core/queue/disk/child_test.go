package disk_test

import (
	"os"
	"os/exec"
	"testing"
)

// childVariable names the part of a test that is to run in a process of its own.
const childVariable = "HEADGATE_DISK_CHILD"

// children are those parts.
var children = map[string]func(args []string){}

// child runs such a part if this process is for one.
func child() {
	if run := children[os.Getenv(childVariable)]; run != nil {
		run(os.Args[1:])
		os.Exit(0)
	}
}

// childOf returns a command that runs a part.
func childOf(t *testing.T, part string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), childVariable+"="+part)
	cmd.Stderr = os.Stderr
	return cmd
}
