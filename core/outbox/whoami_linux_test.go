package outbox

import (
	"fmt"
	"os"
	"syscall"
)

// whoAmI tells whether this process leads its session, where its streams go, and where it works.
func whoAmI() string {
	session, _, _ := syscall.Syscall(syscall.SYS_GETSID, 0, 0, 0)
	streams := ""
	for fd := range 3 {
		to, _ := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
		streams += " " + to
	}
	return fmt.Sprintf("%v%s", int(session) == os.Getpid(), streams)
}
