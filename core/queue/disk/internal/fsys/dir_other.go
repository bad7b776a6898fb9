//go:build !unix

package fsys

// SyncDir implements [FS]: there is no such operation.
func (OS) SyncDir(string) error { return nil }
