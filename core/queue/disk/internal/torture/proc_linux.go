package torture

import (
	"os/exec"
	"syscall"
)

// dieWithParent sees to it that no child outlives the test.
func dieWithParent(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
