package server

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// DeadLetters are what the sinks did not take. [core.Dispatcher] has them.
type DeadLetters interface {
	SinkNames() []string
	DeadLetters(sink string) []core.DeadLetter
	PurgeDeadLetters(sink string) (int, error)
	ReplayDeadLetters(ctx context.Context, sink string, opts core.ReplayOptions) (core.Replayed, error)
}

// DeadLetter is a dead letter as GET /v1/deadletters tells of it.
type DeadLetter struct {
	Sink     string          `json:"sink"`
	ID       string          `json:"id"`
	Name     string          `json:"name"`
	Reason   string          `json:"reason"`
	Attempts int             `json:"attempts"`
	Error    string          `json:"error"`
	Time     time.Time       `json:"time"`
	Event    json.RawMessage `json:"event,omitempty"`
}

// DeadLetterList is the answer of GET /v1/deadletters.
type DeadLetterList struct {
	Sinks   []string     `json:"sinks"` // all there are
	Letters []DeadLetter `json:"letters"`
	// Total is how many there are, where a limit was asked for.
	Total int `json:"total,omitempty"`
}

// ListDeadLetters returns the dead letters of a sink, or of all sinks if it is "": without their events,
// unless one id is asked for.
func ListDeadLetters(box interface {
	SinkNames() []string
	DeadLetters(sink string) []core.DeadLetter
}, sink, id string) DeadLetterList {
	list := DeadLetterList{Sinks: box.SinkNames(), Letters: []DeadLetter{}}
	for _, name := range box.SinkNames() {
		if sink != "" && sink != name {
			continue
		}
		for _, l := range box.DeadLetters(name) {
			if id != "" && id != l.ID {
				continue
			}
			letter := DeadLetter{
				Sink: name, ID: l.ID, Name: l.Name, Reason: l.Reason, Attempts: l.Attempts, Error: l.Error, Time: l.Time,
			}
			if id != "" {
				letter.Event = l.Event
			}
			list.Letters = append(list.Letters, letter)
		}
	}
	return list
}

// newest leaves the newest letters, the newest first.
func (l *DeadLetterList) newest(limit int) {
	l.Total = len(l.Letters)
	slices.SortStableFunc(l.Letters, func(a, b DeadLetter) int { return b.Time.Compare(a.Time) })
	l.Letters = l.Letters[:min(limit, l.Total)]
}

// addDeadLetters adds GET /v1/deadletters, POST /v1/deadletters/replay and /purge.
func (a *Admin) addDeadLetters(letters DeadLetters) {
	b := box{letters}
	a.mux.HandleFunc("GET /v1/deadletters", b.list)
	a.mux.HandleFunc("POST /v1/deadletters/purge", b.purge)
	a.mux.HandleFunc("POST /v1/deadletters/replay", b.replay)
}

// box answers requests about dead letters.
type box struct{ letters DeadLetters }

// sink returns the sink that a request names, which it must if must is set. If it is not ok, the request is answered.
func (b box) sink(w http.ResponseWriter, r *http.Request, must bool) (sink string, ok bool) {
	sink = r.FormValue("sink")
	switch {
	case sink == "" && must:
		writeJSON(w, http.StatusBadRequest, map[string]string{"error": "name a sink: ?sink=NAME"})
	case sink != "" && !slices.Contains(b.letters.SinkNames(), sink):
		writeJSON(w, http.StatusNotFound, map[string]string{"error": "there is no sink of that name"})
	default:
		return sink, true
	}
	return "", false
}

func (b box) list(w http.ResponseWriter, r *http.Request) {
	sink, ok := b.sink(w, r, false)
	if !ok {
		return
	}
	list := ListDeadLetters(b.letters, sink, r.FormValue("id"))
	if text := r.FormValue("limit"); text != "" {
		limit, err := strconv.Atoi(text)
		if err != nil || limit < 0 {
			writeJSON(w, http.StatusBadRequest, map[string]string{"error": "limit must be a number of dead letters"})
			return
		}
		list.newest(limit)
	}
	writeJSON(w, http.StatusOK, list)
}

func (b box) purge(w http.ResponseWriter, r *http.Request) {
	sink, ok := b.sink(w, r, true)
	if !ok {
		return
	}
	n, err := b.letters.PurgeDeadLetters(sink)
	if err != nil { // the sink was removed just now
		writeJSON(w, http.StatusNotFound, map[string]string{"error": err.Error()})
		return
	}
	writeJSON(w, http.StatusOK, map[string]int{"purged": n})
}

func (b box) replay(w http.ResponseWriter, r *http.Request) {
	sink, ok := b.sink(w, r, true)
	if !ok {
		return
	}
	opts := core.ReplayOptions{IDs: r.Form["id"]}
	if text := r.FormValue("rate"); text != "" {
		rate, err := strconv.ParseFloat(text, 64)
		if err != nil || !(rate > 0) {
			writeJSON(w, http.StatusBadRequest, map[string]string{"error": "rate must be a number of events per second above 0"})
			return
		}
		opts.Rate = rate
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Time{}) // at its rate, it may take hours
	result, err := b.letters.ReplayDeadLetters(r.Context(), sink, opts)
	if err != nil {
		writeJSON(w, http.StatusBadGateway, replayFailure{result, err.Error()})
		return
	}
	writeJSON(w, http.StatusOK, result)
}

// replayFailure is the answer to a replay that ended before it was through.
type replayFailure struct {
	core.Replayed
	Error string `json:"error"`
}
