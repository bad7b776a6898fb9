//go:build unix

package exec

import (
	"os"
	osexec "os/exec"
	"syscall"
)

// inGroupOfItsOwn has the program lead a process group, so that what it starts can be
// killed with it, and no signal meant for headgate reaches it.
func inGroupOfItsOwn(cmd *osexec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killGroup ends a process and its group at once.
func killGroup(p *os.Process) {
	_ = syscall.Kill(-p.Pid, syscall.SIGKILL) // it may have ended
}
