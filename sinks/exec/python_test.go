//go:build unix

package exec

import (
	"encoding/csv"
	"os"
	osexec "os/exec"
	"path/filepath"
	"testing"

	"github.com/headgate-dev/headgate/core"
)

// The example in Python is a sink like any other.
func TestTheExampleInPythonWritesEachEventOnce(t *testing.T) {
	python, err := osexec.LookPath("python3")
	if err != nil {
		t.Skip("there is no python3 on this machine")
	}
	script, err := filepath.Abs("../../examples/exec/csv_sink.py")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "events.csv")
	for range 2 { // a second process, as after a crash
		s, log := running(t, "", func(c *Config) { c.Command, c.Check = []string{python, script, path}, true })
		if err := s.(core.Checker).Check(patient(t)); err != nil {
			t.Errorf("%v\n%s", err, log)
		}
		for range 2 {
			if err := s.Send(patient(t), batch(t, 3)); err != nil {
				t.Errorf("%v\n%s", err, log)
			}
		}
		if err := s.Close(patient(t)); err != nil {
			t.Error(err)
		}
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) != 3 || rows[2][0] != "id-2" || rows[2][3] != `{"n": 2}` {
		t.Errorf("got %v, %v", rows, err)
	}
}
