package tally

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/headgate-dev/headgate/bench/internal/board"
	"github.com/headgate-dev/headgate/bench/internal/meter"
)

// Ready is the line that the process writes when its sinks listen.
type Ready struct {
	Control string   `json:"control"`
	Sinks   []string `json:"sinks"`
}

// Report is what the process answers when it is asked for its account.
type Report struct {
	Sinks []Count       `json:"sinks"`
	CPU   time.Duration `json:"cpu"`
}

// Main is the sink's process: it counts events 0 to total-1 at as many sinks as a board has, until it is killed.
func Main(total int, boardPath string) error {
	b, err := board.Open(boardPath)
	if err != nil {
		return err
	}
	sinks, ready := make([]*sink, board.Sinks), Ready{}
	for i := range sinks {
		if sinks[i], err = newSink(i, total, b); err != nil {
			return err
		}
		ready.Sinks = append(ready.Sinks, "http://"+sinks[i].address)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ready.Control = "http://" + l.Addr().String()
	if err := json.NewEncoder(os.Stdout).Encode(ready); err != nil {
		return err
	}
	return http.Serve(l, control(sinks))
}

// control is where the comparison changes modes and reads accounts.
func control(sinks []*sink) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /mode/{mode}", func(w http.ResponseWriter, r *http.Request) {
		var problems []error
		for _, s := range sinks {
			problems = append(problems, s.become(Mode(r.PathValue("mode"))))
		}
		if err := errors.Join(problems...); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("GET /account", func(w http.ResponseWriter, _ *http.Request) {
		report := Report{CPU: meter.CPU()}
		for _, s := range sinks {
			report.Sinks = append(report.Sinks, s.account.count())
		}
		if err := json.NewEncoder(w).Encode(report); err != nil {
			fmt.Fprintln(os.Stderr, "the account could not be written:", err)
		}
	})
	return mux
}
