package outbox

import "syscall"

// detachedProcess is DETACHED_PROCESS: no console.
// https://learn.microsoft.com/windows/win32/procthread/process-creation-flags
const detachedProcess = 0x00000008

// detached gives a process no console, and a group of its own.
func detached() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: detachedProcess | syscall.CREATE_NEW_PROCESS_GROUP, HideWindow: true}
}
