// Command headgate puts events into headgate's queue on disk.
package main

import (
	"fmt"

	"github.com/headgate-dev/headgate/bench/internal/engine"
)

func main() {
	engine.Main(engine.Subject{
		Open: func(s engine.Setup) (engine.Engine, error) {
			switch s.Variant {
			case "":
				return openLog(s)
			case "dispatcher":
				return openDispatcher(s)
			case "door":
				return openDoor(s)
			default:
				return nil, fmt.Errorf("headgate has no variant %q", s.Variant)
			}
		},
		Read: readLog,
	})
}
