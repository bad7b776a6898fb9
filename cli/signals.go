package cli

import (
	"os"
	"os/signal"
	"syscall"
)

// signals are what an operator tells the daemon.
type signals struct {
	end    chan os.Signal // SIGTERM, SIGINT
	hangup chan os.Signal // SIGHUP
}

func notify() signals {
	s := signals{end: make(chan os.Signal, 2), hangup: make(chan os.Signal, 1)}
	signal.Notify(s.end, os.Interrupt, syscall.SIGTERM)
	signal.Notify(s.hangup, syscall.SIGHUP)
	return s
}

func (s signals) stop() {
	signal.Stop(s.end)
	signal.Stop(s.hangup)
}
