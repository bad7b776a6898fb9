//go:build !linux

package fsys

import "os"

func syncData(f *os.File) error { return f.Sync() }

// reserve only makes the file longer: there is no portable way to have the blocks allocated.
func reserve(f *os.File, _, size int64) error { return f.Truncate(size) }
