package log

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// putAside is how timberjack names a file that was put aside, between its base and extension.
var putAside = regexp.MustCompile(`^-\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}\.\d{3}-(size|time)(_\d+)?$`)

// prune removes the oldest files that were put aside beyond maxBackups. Timberjack does it
// too, but counts files of the same millisecond as one.
func (f *file) prune() {
	if f.maxBackups == 0 {
		return
	}
	dir, name := filepath.Split(f.path)
	extension := filepath.Ext(name)
	base := strings.TrimSuffix(name, extension)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	var aside []os.FileInfo
	for _, entry := range entries {
		middle, isOurs := strings.CutPrefix(strings.TrimSuffix(entry.Name(), extension), base)
		if !isOurs || !strings.HasSuffix(entry.Name(), extension) || !putAside.MatchString(middle) {
			continue
		}
		if info, err := entry.Info(); err == nil {
			aside = append(aside, info)
		}
	}
	slices.SortFunc(aside, func(a, b os.FileInfo) int { return b.ModTime().Compare(a.ModTime()) })
	for _, info := range aside[min(f.maxBackups, len(aside)):] {
		_ = os.Remove(filepath.Join(dir, info.Name()))
	}
}
