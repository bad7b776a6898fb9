package pgserver

import "syscall"

// attributes makes a process end with a signal when the test's process dies, however
// that happens. The signal is sent when the thread that started the process ends, which
// threads of Go do with the process, unless a goroutine is locked to them.
func (s *Server) attributes(signal syscall.Signal) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: s.owner, Pdeathsig: signal}
}
