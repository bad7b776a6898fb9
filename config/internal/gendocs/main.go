// Gendocs writes the reference of sinks.yaml to docs/sinks, from the tags of every
// option there is. "go generate ./config" runs it.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/headgate-dev/headgate/config"

	_ "github.com/headgate-dev/headgate/sinks/all"
)

// directory is that of the pages, from the package config.
const directory = "../docs/sinks"

func main() {
	if err := write(directory); err != nil {
		fmt.Fprintln(os.Stderr, "gendocs:", err)
		os.Exit(1)
	}
}

// write makes directory hold the pages and no others.
func write(directory string) error {
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return err
	}
	pages := config.Pages(nil)
	old, err := filepath.Glob(filepath.Join(directory, "*.md"))
	if err != nil {
		return err
	}
	for _, path := range old {
		if _, kept := pages[filepath.Base(path)]; !kept {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	for name, text := range pages {
		if err := os.WriteFile(filepath.Join(directory, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
