//go:build unix && !linux

package pgserver

import "syscall"

// attributes cannot make a process end with the test's here.
func (s *Server) attributes(syscall.Signal) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: s.owner}
}
