package suite

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// buildPython makes the environment of the scrubbers that are written in Python, unless it is there. Without Python
// there is none, and their rows are void.
func (b *Bench) buildPython(ctx context.Context) error {
	start, dir := time.Now(), b.program(python)
	requirements := filepath.Join(b.Root, python, "requirements.txt")
	want, err := os.ReadFile(requirements)
	if err != nil {
		return err
	}
	made := filepath.Join(dir, "requirements.txt")
	if have, err := os.ReadFile(made); err == nil && bytes.Equal(have, want) {
		return nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	for _, args := range [][]string{
		{"python3", "-m", "venv", dir},
		{filepath.Join(dir, "bin", "python"), "-m", "pip", "install", "--quiet", "--requirement", requirements},
	} {
		cmd := exec.CommandContext(ctx, args[0], args[1:]...)
		cmd.Stderr = b.Log
		if err := cmd.Run(); err != nil {
			b.logf("%s was not built: %v\n", python, fmt.Errorf("%s: %w", args[0], err))
			return ctx.Err()
		}
	}
	b.logf("built %s in %s\n", python, time.Since(start).Round(time.Second))
	return os.WriteFile(made, want, 0o644)
}
