package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/headgate-dev/headgate/core/sanitize/internal/corpus"
)

// lay writes the rows, and returns how many each file has.
func lay(dir string, files []list) (map[string]int, error) {
	counts := map[string]int{}
	for _, l := range files {
		var text bytes.Buffer
		for i := range l.rows {
			if err := json.Compact(&text, l.rows[i].Object()); err != nil {
				return nil, fmt.Errorf("row %s: %w", l.rows[i].ID, err)
			}
			text.WriteByte('\n')
		}
		if err := os.WriteFile(filepath.Join(dir, l.name()+".in"), text.Bytes(), 0o600); err != nil {
			return nil, err
		}
		counts[l.name()] = len(l.rows)
	}
	return counts, nil
}

// Score is what a program made of a corpus, in counts.
type Score struct {
	Secrets, Credentials, Personal corpus.Share // rows of which nothing sensitive is left
	Context                        corpus.Share // rows of those that keep what is around
	Changed                        corpus.Share // harmless rows
	Dirty, Clean                   corpus.Share // events without a leak, events as they were
}

// judge returns the score of each corpus. A row that is missing, or is no JSON, is an error.
func judge(dir string, files []list) (map[string]Score, error) {
	totals := map[string]*corpus.Score{}
	for _, l := range files {
		text, err := os.ReadFile(filepath.Join(dir, l.name()+".out"))
		if err != nil {
			return nil, err
		}
		outs := bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
		if len(outs) != len(l.rows) {
			return nil, fmt.Errorf("%s: of %d rows %d came back", l.name(), len(l.rows), len(outs))
		}
		total := totals[l.corpus]
		if total == nil {
			total = new(corpus.Score)
			totals[l.corpus] = total
		}
		for i := range l.rows {
			if !json.Valid(outs[i]) {
				return nil, fmt.Errorf("%s: row %d came back as something that is not JSON", l.name(), i)
			}
			total.Add(&l.rows[i], outs[i], outs[i])
		}
		total.Failures = nil
	}
	scores := map[string]Score{}
	for name, s := range totals {
		scores[name] = Score{s.All, s.Credentials, s.PII, s.Context, s.Benign, s.Dirty, s.Clean}
	}
	return scores, nil
}
