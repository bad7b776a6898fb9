// Command referee has the corpora of the sanitiser judge any program that cleans JSON.
//
//	referee rows DIR EVERY   writes every EVERYth row to clean, without what is expected
//	referee judge DIR EVERY  judges what has become of them
//
// There are two corpora, what is given and what is made here, each of values and of
// events. rows writes DIR/CORPUS-KIND.in, with an object on each line, and judge reads
// DIR/CORPUS-KIND.out, with what became of each. What it prints is JSON: how many rows
// there are, or the score of each corpus.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/headgate-dev/headgate/core/sanitize/internal/corpus"
)

// seed is that of the corpus that is made.
const seed = 1

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "referee:", err)
		os.Exit(1)
	}
}

func run(args []string, w io.Writer) error {
	if len(args) != 3 {
		return errors.New("usage: referee rows|judge DIR EVERY")
	}
	every, err := strconv.Atoi(args[2])
	if err != nil || every < 1 {
		return fmt.Errorf("every %sth row: that is no number from 1", args[2])
	}
	files, err := lists(every)
	if err != nil {
		return err
	}
	var answer any
	switch args[0] {
	case "rows":
		answer, err = lay(args[1], files)
	case "judge":
		answer, err = judge(args[1], files)
	default:
		err = fmt.Errorf("there is no command %q", args[0])
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(w).Encode(answer)
}

// list is the rows of a file.
type list struct {
	corpus, kind string
	rows         []corpus.Row
}

func (l list) name() string { return l.corpus + "-" + l.kind }

// lists returns the rows of every file; a corpus that is not there has none.
func lists(every int) ([]list, error) {
	given, err := corpus.Given(".")
	if err != nil {
		return nil, err
	}
	var all []list
	for _, c := range []struct {
		name string
		of   []corpus.Named
	}{{"given", given}, {"generated", corpus.Generated(seed)}} {
		if len(c.of) == 0 {
			continue
		}
		values, events := list{corpus: c.name, kind: "values"}, list{corpus: c.name, kind: "events"}
		for _, named := range c.of {
			for _, row := range named.Rows {
				if row.Event != nil {
					events.rows = append(events.rows, row)
				} else {
					values.rows = append(values.rows, row)
				}
			}
		}
		for _, l := range []list{values, events} {
			l.rows = sample(l.rows, every)
			all = append(all, l)
		}
	}
	return all, nil
}

func sample(rows []corpus.Row, every int) []corpus.Row {
	var some []corpus.Row
	for i := 0; i < len(rows); i += every {
		some = append(some, rows[i])
	}
	return some
}
