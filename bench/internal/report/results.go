// Package report keeps what was measured, and shows it: the tables and the verdicts of the documentation are made
// from a file of results, and nothing in them is typed.
package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"
)

// Results are what the tables that were measured have come to.
type Results struct {
	Tables []Table `json:"tables"`
}

// Table is one comparison.
type Table struct {
	Name        string      `json:"name"`
	Environment Environment `json:"environment"`
	Rows        []Row       `json:"rows"`
}

// Environment is where a table was measured, and what else went on there.
type Environment struct {
	Date     string `json:"date"`
	Commit   string `json:"commit"` // of headgate
	Go       string `json:"go"`
	System   string `json:"system"`
	CPU      string `json:"cpu"`
	Cores    int    `json:"cores"`
	MemoryMB int    `json:"memory_mb"`
	Disk     string `json:"disk"` // the file system of what is durable

	LoadStart float64 `json:"load_start"` // over a minute
	LoadEnd   float64 `json:"load_end"`
	// Others is the share of the machine's processors that others took meanwhile.
	Others float64 `json:"others"`

	Took  time.Duration `json:"took"`
	Scale float64       `json:"scale"` // of the number of events; 1 unless it was a try
}

// Row is one subject, measured several times.
type Row struct {
	Label   string `json:"label"`
	Version string `json:"version,omitempty"`
	Runs    []Run  `json:"runs"`
}

// Run is what one run came to.
type Run struct {
	// Void says why the run does not count; empty if it does.
	Void    string             `json:"void,omitempty"`
	Figures map[string]float64 `json:"figures,omitempty"`
}

// Runs is how often its rows were measured.
func (t Table) Runs() (n int) {
	for _, r := range t.Rows {
		n = max(n, len(r.Runs))
	}
	return n
}

// Join returns a table with the runs of one that was measured later, of the same headgate.
func (t Table) Join(later Table) (Table, error) {
	a, b := t.Environment, later.Environment
	if a.Commit != b.Commit || a.Scale != b.Scale {
		return t, fmt.Errorf("the table %s was measured of %s at scale %g, and now of %s at %g", t.Name, a.Commit, a.Scale, b.Commit, b.Scale)
	}
	took := a.Took + b.Took
	a.Others = (a.Others*a.Took.Seconds() + b.Others*b.Took.Seconds()) / took.Seconds()
	a.Took, a.LoadEnd = took, b.LoadEnd
	joined := Table{Name: t.Name, Environment: a}
	for _, row := range later.Rows {
		before, _ := t.Row(row.Label)
		row.Runs = append(slices.Clone(before.Runs), row.Runs...)
		joined.Rows = append(joined.Rows, row)
	}
	return joined, nil
}

// Read reads results; there are none if the file is missing.
func Read(path string) (Results, error) {
	var r Results
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(text, &r)
}

// Write writes results.
func (r Results) Write(path string) error {
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}

// Put takes a table in the place of an earlier one of that name.
func (r *Results) Put(t Table) {
	if i := slices.IndexFunc(r.Tables, func(old Table) bool { return old.Name == t.Name }); i >= 0 {
		r.Tables[i] = t
		return
	}
	r.Tables = append(r.Tables, t)
}

// Table returns a table by name.
func (r Results) Table(name string) (Table, bool) {
	i := slices.IndexFunc(r.Tables, func(t Table) bool { return t.Name == name })
	if i < 0 {
		return Table{}, false
	}
	return r.Tables[i], true
}

// Row returns a row by its label.
func (t Table) Row(label string) (Row, bool) {
	i := slices.IndexFunc(t.Rows, func(r Row) bool { return r.Label == label })
	if i < 0 {
		return Row{}, false
	}
	return t.Rows[i], true
}
