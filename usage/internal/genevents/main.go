// Command genevents writes the catalogue of usage events to the file that it is given.
package main

import (
	"fmt"
	"os"

	"github.com/headgate-dev/headgate/usage/internal/events"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: genevents FILE")
		os.Exit(2)
	}
	if err := os.WriteFile(os.Args[1], []byte(events.Markdown()), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
