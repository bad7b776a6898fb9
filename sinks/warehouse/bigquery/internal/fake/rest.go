package fake

import (
	"encoding/json"
	"io"
	"net/http"

	rest "google.golang.org/api/bigquery/v2"
)

const base = "/bigquery/v2/projects/{project}"

// rest returns what serves the REST API and tokens.
func (s *Server) rest() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", s.keys.serve)
	mux.HandleFunc("GET "+base+"/datasets/{dataset}", s.authorized(s.getDataset))
	mux.HandleFunc("GET "+base+"/datasets/{dataset}/tables/{table}", s.authorized(s.getTable))
	mux.HandleFunc("POST "+base+"/queries", s.authorized(s.query))
	mux.HandleFunc("GET "+base+"/jobs/{job}", s.authorized(s.getJob))
	mux.HandleFunc("POST /upload"+base+"/jobs", s.authorized(s.insertJob))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := s.note(r.Method + " " + r.URL.Path)
		if f := s.wrong().request; f != nil {
			if a := f(n, r); a != nil {
				s.fail(w, r, a, mux)
				return
			}
		}
		mux.ServeHTTP(w, r)
	})
}

// fail answers as it was told.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, a *Answer, mux http.Handler) {
	switch {
	case a.Lost:
		mux.ServeHTTP(discard{http.Header{}}, r)
		s.gate.cut(r.RemoteAddr)
	case a.Cut:
		s.gate.cut(r.RemoteAddr)
	default:
		_, _ = io.Copy(io.Discard, r.Body)
		for name, values := range a.Header {
			w.Header()[name] = values
		}
		if a.Reason == "" {
			w.WriteHeader(a.Status)
			_, _ = io.WriteString(w, a.Text)
			return
		}
		refuse(w, &failure{a.Status, a.Reason, a.Text})
	}
}

// discard takes an answer that nobody gets.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

// authorized wants a token that was given out, if credentials were.
func (s *Server) authorized(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.keys.accepts(r.Header.Get("Authorization")) {
			refuse(w, &failure{http.StatusUnauthorized, "authError", "Invalid Credentials"})
			return
		}
		next(w, r)
	}
}

func (s *Server) getDataset(w http.ResponseWriter, r *http.Request) {
	project, dataset := r.PathValue("project"), r.PathValue("dataset")
	s.mu.Lock()
	where, there := s.datasets[project+"."+dataset]
	s.mu.Unlock()
	if !there {
		refuse(w, &failure{http.StatusNotFound, "notFound", "Not found: Dataset " + project + ":" + dataset})
		return
	}
	answer(w, &rest.Dataset{DatasetReference: &rest.DatasetReference{ProjectId: project, DatasetId: dataset}, Location: where})
}

func (s *Server) getTable(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("project") + "." + r.PathValue("dataset") + "." + r.PathValue("table")
	d := s.Table(name)
	if d == nil {
		refuse(w, &failure{http.StatusNotFound, "notFound", "Not found: Table " + name})
		return
	}
	answer(w, d)
}

func (s *Server) query(w http.ResponseWriter, r *http.Request) {
	var q rest.QueryRequest
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil || q.UseLegacySql == nil || *q.UseLegacySql {
		refuse(w, &failure{http.StatusBadRequest, "invalid", "want standard SQL"}) // legacy is the default
		return
	}
	if m := deleteRows.FindStringSubmatch(q.Query); m != nil {
		n, f := s.deleteRows(m, q.QueryParameters)
		if f != nil {
			refuse(w, f)
			return
		}
		answer(w, &rest.QueryResponse{JobComplete: true, NumDmlAffectedRows: n})
		return
	}
	if f := s.execute(q.Query); f != nil {
		refuse(w, f)
		return
	}
	answer(w, &rest.QueryResponse{JobComplete: true})
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	_ = json.NewEncoder(w).Encode(v)
}

// refuse answers with an error in the form of all Google APIs.
func refuse(w http.ResponseWriter, f *failure) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(f.status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{
		"code": f.status, "message": f.message,
		"errors": []map[string]string{{"message": f.message, "domain": "global", "reason": f.reason}},
	}})
}
