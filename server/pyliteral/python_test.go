package pyliteral

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
)

// TestWhatPythonWritesIsReadAsPythonMeansIt has Python itself make random values, and
// tell for each its repr and the JSON that Parse promises for it.
func TestWhatPythonWritesIsReadAsPythonMeansIt(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed")
	}
	var stderr bytes.Buffer
	cmd := exec.Command(python, "testdata/values.py", "2000")
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	compared := 0
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<20)
	for ; lines.Scan(); compared++ {
		var c struct {
			Repr string          `json:"repr"`
			Want json.RawMessage `json:"want"`
		}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		got, err := Parse(c.Repr)
		if err != nil {
			t.Fatalf("%s: %v", c.Repr, err)
		}
		if want, got := canonical(t, c.Want), canonical(t, encode(t, got)); want != got {
			t.Fatalf("%s\nwas read as %s\nbut means   %s", c.Repr, got, want)
		}
	}
	if err := lines.Err(); err != nil || compared != 2000 {
		t.Fatalf("%d values were compared: %v", compared, err)
	}
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// canonical returns JSON with sorted keys and one spelling of floats, whose digits
// Python and Go choose alike but whose exponents they write differently.
func canonical(t *testing.T, data []byte) string {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return string(encode(t, withFloats(t, v)))
}

func withFloats(t *testing.T, v any) any {
	t.Helper()
	switch v := v.(type) {
	case json.Number:
		if strings.ContainsAny(v.String(), ".eE") {
			f, err := v.Float64()
			if err != nil {
				t.Fatal(err)
			}
			return f
		}
	case []any:
		for i := range v {
			v[i] = withFloats(t, v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = withFloats(t, v[key])
		}
	}
	return v
}
