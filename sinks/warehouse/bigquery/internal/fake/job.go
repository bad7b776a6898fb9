package fake

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"

	rest "google.golang.org/api/bigquery/v2"
)

// job is a load job.
type job struct {
	reference *rest.JobReference
	load      *rest.JobConfigurationLoad
	lines     []byte
	polls     int // until it is done
	state     string
	failed    *rest.ErrorProto
}

// Jobs returns the names of the jobs that were begun, in no order.
func (s *Server) Jobs() (ids []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range s.jobs {
		ids = append(ids, id)
	}
	return ids
}

// insertJob begins a job with the data that comes with it.
func (s *Server) insertJob(w http.ResponseWriter, r *http.Request) {
	j, lines, err := upload(r)
	if err != nil {
		refuse(w, &failure{http.StatusBadRequest, "invalid", err.Error()})
		return
	}
	load := j.Configuration.Load
	to := load.DestinationTable
	name := to.ProjectId + "." + to.DatasetId + "." + to.TableId
	s.mu.Lock()
	defer s.mu.Unlock()
	where := s.datasets[to.ProjectId+"."+to.DatasetId]
	switch {
	case s.jobs[j.JobReference.JobId] != nil:
		refuse(w, &failure{http.StatusConflict, "duplicate", "Already Exists: Job " + j.JobReference.JobId})
		return
	case s.tables[name] == nil:
		refuse(w, &failure{http.StatusNotFound, "notFound", "Not found: Table " + name})
		return
	case j.JobReference.Location != where: // a job runs where the table is
		refuse(w, &failure{http.StatusNotFound, "notFound", "Not found: Dataset was not found in location " + j.JobReference.Location})
		return
	}
	begun := &job{reference: j.JobReference, load: load, lines: lines, polls: s.polls, state: "PENDING"}
	s.jobs[j.JobReference.JobId] = begun
	answer(w, begun.describe())
}

// upload takes apart a request with a job and its data.
func upload(r *http.Request) (*rest.Job, []byte, error) {
	_, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || r.URL.Query().Get("uploadType") != "multipart" {
		return nil, nil, errors.New("want a multipart upload")
	}
	parts := multipart.NewReader(r.Body, params["boundary"])
	var texts [2][]byte
	for i := range texts {
		part, err := parts.NextPart()
		if err != nil {
			return nil, nil, err
		}
		if texts[i], err = io.ReadAll(part); err != nil {
			return nil, nil, err
		}
	}
	var j rest.Job
	if err := json.Unmarshal(texts[0], &j); err != nil {
		return nil, nil, err
	}
	switch c := j.Configuration; {
	case c == nil || c.Load == nil || c.Load.DestinationTable == nil || j.JobReference == nil || j.JobReference.JobId == "":
		return nil, nil, errors.New("want a load job with a name and a table")
	case c.Load.SourceFormat != "NEWLINE_DELIMITED_JSON" || c.Load.WriteDisposition != "WRITE_APPEND":
		return nil, nil, errors.New("want lines of JSON to be appended")
	}
	return &j, texts[1], nil
}

// getJob tells how a job is going, and finishes it in its time.
func (s *Server) getJob(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	j := s.jobs[r.PathValue("job")]
	if j == nil || r.URL.Query().Get("location") != j.reference.Location {
		refuse(w, &failure{http.StatusNotFound, "notFound", "Not found: Job " + r.PathValue("job")})
		return
	}
	if j.state != "DONE" {
		if j.polls--; j.polls < 0 {
			s.finish(j)
		} else {
			j.state = "RUNNING"
		}
	}
	answer(w, j.describe())
}

// finish loads all rows of a job, or none.
func (s *Server) finish(j *job) {
	j.state = "DONE"
	if f := s.faults.job; f != nil {
		if reason := f(j.reference.JobId); reason != "" {
			j.failed = &rest.ErrorProto{Reason: reason, Message: "the job failed: " + string(j.lines)}
			return
		}
	}
	to := j.load.DestinationTable
	t := s.tables[to.ProjectId+"."+to.DatasetId+"."+to.TableId]
	if t == nil {
		j.failed = &rest.ErrorProto{Reason: "notFound", Message: "the table was removed"}
		return
	}
	var rows []Row
	for line := range bytes.Lines(j.lines) {
		row, err := t.parse(line)
		if err != nil { // with max_bad_records at its default of 0
			j.failed = &rest.ErrorProto{Reason: "invalid", Message: "Error while reading data, error message: " + err.Error()}
			return
		}
		rows = append(rows, row)
	}
	t.rows = append(t.rows, rows...)
}

// parse reads a line of JSON.
func (t *table) parse(line []byte) (Row, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(line, &members); err != nil {
		return nil, err
	}
	row := Row{}
	for _, field := range t.fields {
		raw, there := members[field.Name]
		delete(members, field.Name)
		if !there || string(raw) == "null" {
			if field.Mode == "REQUIRED" {
				return nil, errors.New("missing required field: " + field.Name)
			}
			continue
		}
		var value any
		switch field.Type {
		case "JSON":
			value = string(raw)
		case "INTEGER":
			var n int64
			if err := json.Unmarshal(raw, &n); err != nil {
				return nil, err
			}
			value = n
		default:
			var text string
			if err := json.Unmarshal(raw, &text); err != nil {
				return nil, err
			}
			value = text
		}
		stored, err := store(field, value)
		if err != nil {
			return nil, err
		}
		row[field.Name] = stored
	}
	for name := range members {
		return nil, errors.New("no such field: " + name) // ignore_unknown_values is off by default
	}
	return row, nil
}

func (j *job) describe() *rest.Job {
	return &rest.Job{JobReference: j.reference, Status: &rest.JobStatus{State: j.state, ErrorResult: j.failed}}
}

// Hurry makes the jobs that run be done when they are next asked for.
func (s *Server) Hurry() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, j := range s.jobs {
		j.polls = 0
	}
}
