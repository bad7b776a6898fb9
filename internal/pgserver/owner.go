//go:build unix

package pgserver

import (
	"errors"
	"os/user"
	"strconv"
	"syscall"
)

// unprivileged returns the user that takes the place of root.
func unprivileged() (*syscall.Credential, error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil && uid != 0 {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, errors.New("pgserver: the tests run as root, as which PostgreSQL refuses to run, and there is no user postgres or nobody to run it as")
}
