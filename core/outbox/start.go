package outbox

import (
	"fmt"
	"os"
	"os/exec"
)

// flushVariable is set in a process that was started to flush. It starts no other: a program
// that does not know the arguments it is started with must not start itself for ever.
const flushVariable = "HEADGATE_OUTBOX_FLUSH"

// start starts this program with other arguments, on its own: it outlives this process and its
// terminal, and keeps no file, pipe or directory of theirs.
func start(args []string, dir string) error {
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("outbox: start a flush: %w", err)
	}
	cmd := exec.Command(program, args...) // its standard streams are the null device
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), flushVariable+"=1")
	cmd.SysProcAttr = detached()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("outbox: start a flush: %w", err)
	}
	go func() { _ = cmd.Wait() }() // in case this process lives longer than that
	return nil
}
