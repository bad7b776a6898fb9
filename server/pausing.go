package server

import "net/http"

// SinkControl holds back what is sent to a sink. [core.Dispatcher] does.
type SinkControl interface {
	Pause(sink string) error
	Resume(sink string) error
}

// addPausing adds POST /v1/sinks/pause and /v1/sinks/resume, each with ?sink=NAME.
func (a *Admin) addPausing(sinks SinkControl) {
	for pattern, change := range map[string]func(string) error{"POST /v1/sinks/pause": sinks.Pause, "POST /v1/sinks/resume": sinks.Resume} {
		a.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			sink := r.FormValue("sink")
			if sink == "" {
				writeJSON(w, http.StatusBadRequest, map[string]string{"error": "name a sink: ?sink=NAME"})
				return
			}
			if change(sink) != nil { // its one error
				writeJSON(w, http.StatusNotFound, map[string]string{"error": "there is no sink of that name"})
				return
			}
			writeJSON(w, http.StatusOK, map[string]any{"sink": sink, "state": a.books().Sinks[sink].State})
		})
	}
}
