package report

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func row(label string, rates ...float64) Row {
	r := Row{Label: label}
	for _, rate := range rates {
		r.Runs = append(r.Runs, Run{Figures: map[string]float64{"rate": rate}})
	}
	return r
}

var columns = []Column{{Head: "events/s", Figure: "rate", Unit: Rate}}

func TestACellIsTheMedianAndTheRange(t *testing.T) {
	table := Table{Rows: []Row{row("a", 3000, 1000, 2000), row("b", 1000, 2000), row("c", 1.5e6)}, Environment: Environment{Scale: 1}}
	text := table.Markdown(columns)
	for _, want := range []string{"| a | 2.00 k (1.00 k–3.00 k) |", "| b | 1.50 k (1.00 k–2.00 k) |", "| c | 1.50 M |"} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in:\n%s", want, text)
		}
	}
}

func TestAVoidRunDoesNotCountAndIsTold(t *testing.T) {
	r := row("a", 1000, 2000)
	r.Runs = append(r.Runs, Run{Void: "one event was lost", Figures: map[string]float64{"rate": 9e9}})
	gone := Row{Label: "b", Runs: []Run{{Void: "it does not listen"}}}
	text := Table{Rows: []Row{r, gone}, Environment: Environment{Scale: 1}}.Markdown(columns)
	for _, want := range []string{"| a (1 of 3 runs void: one event was lost) | 1.50 k (1.00 k–2.00 k) |", "| b | void: it does not listen |"} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in:\n%s", want, text)
		}
	}
}

func TestSharesAndThroughputAreWrittenInTheirUnits(t *testing.T) {
	for want, got := range map[string]string{"99.3 %": Share.format(0.9932), "50.0": Throughput.format(50e6), "0.006": Throughput.format(6e3)} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	text := Results{}.Verdicts([]Target{{Text: "x", At: 50e6, Unit: Throughput}, {Text: "y", At: 0.99, Unit: Share}})
	for _, want := range []string{"≥ 50.0 MB/s", "≥ 99.0 %"} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in:\n%s", want, text)
		}
	}
}

func TestABusyMachineAndATryAreTold(t *testing.T) {
	quiet := Environment{Scale: 1, Others: 0.02, Took: time.Minute}.String()
	busy := Environment{Scale: 0.1, Others: 0.6}.String()
	if strings.Contains(quiet, "busy") || strings.Contains(quiet, "A try") {
		t.Error(quiet)
	}
	if !strings.Contains(busy, "busy") || !strings.Contains(busy, "A try") || !strings.Contains(busy, "60 %") {
		t.Error(busy)
	}
}

func TestATargetIsMetMissedOrNotMeasured(t *testing.T) {
	results := Results{Tables: []Table{{Name: "t", Rows: []Row{row("ours", 300, 500, 400), row("slow", 100), row("fast", 200), {Label: "void", Runs: []Run{{Void: "lost"}}}}}}}
	of := func(row string) Ref { return Ref{"t", row, "rate"} }
	for _, c := range []struct {
		name   string
		target Target
		want   Verdict
	}{
		{"a figure", Target{Of: of("ours"), At: 400}, Verdict{Known: true, Value: 400, Met: true}},
		{"at most", Target{Of: of("ours"), At: 399, AtMost: true}, Verdict{Known: true, Value: 400, Met: false}},
		{"beside the best", Target{Of: of("ours"), By: []Ref{of("slow"), of("fast")}, At: 2.5}, Verdict{Known: true, Value: 2, Met: false, Beside: "fast"}},
		{"beside the least", Target{Of: of("ours"), By: []Ref{of("fast"), of("slow")}, Least: true, At: 3}, Verdict{Known: true, Value: 4, Met: true, Beside: "slow"}},
		{"one of them void", Target{Of: of("ours"), By: []Ref{of("void"), of("fast")}, At: 2}, Verdict{Known: true, Value: 2, Met: true, Beside: "fast"}},
		{"all of them void", Target{Of: of("ours"), By: []Ref{of("void")}, At: 2}, Verdict{}},
		{"itself void", Target{Of: of("void"), At: 0}, Verdict{}},
		{"not there", Target{Of: Ref{"u", "ours", "rate"}, At: 0}, Verdict{}},
	} {
		if diff := cmp.Diff(c.want, c.target.Judge(results)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
	text := results.Verdicts([]Target{{Text: "x", Of: of("ours"), At: 400, Unit: Rate}, {Text: "y", Of: of("ours"), By: []Ref{of("fast")}, At: 3}, {Text: "z", Of: of("void"), At: 1}})
	for _, want := range []string{"| x | ≥ 0.40 k | 0.40 k | met |", "| y | ≥ 3.00 × | 2.00 ×, beside fast | **missed** |", "| z | ≥ 1.00 | – | not measured |"} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in:\n%s", want, text)
		}
	}
}

func TestAVerdictSaysThatTheMachineWasBusyWhereThatMatters(t *testing.T) {
	r := row("ours", 5)
	r.Runs[0].Figures["cpu"] = 5
	results := Results{Tables: []Table{{Name: "t", Rows: []Row{r}, Environment: Environment{Others: 0.5}}}}
	for figure, want := range map[string]bool{"rate": true, "cpu": false} {
		if got := (Target{Of: Ref{"t", "ours", figure}}).Judge(results).Unsure; got != want {
			t.Errorf("%s: %t", figure, got)
		}
	}
	if (Target{Of: Ref{"t", "ours", "rate"}, Steady: true}).Judge(results).Unsure {
		t.Error("a figure that is said to be steady is unsure")
	}
	if text := results.Verdicts([]Target{{Text: "x", Of: Ref{"t", "ours", "rate"}, At: 9}}); !strings.Contains(text, "**missed**, on a busy machine") {
		t.Error(text)
	}
}

func TestResultsAreReadAsTheyWereWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.json")
	empty, err := Read(path)
	if err != nil || len(empty.Tables) > 0 {
		t.Fatalf("%v, %v", empty, err)
	}
	var want Results
	want.Put(Table{Name: "a", Rows: []Row{row("x", 1, 2)}})
	want.Put(Table{Name: "b", Environment: Environment{Cores: 2, Took: time.Second}})
	want.Put(Table{Name: "a", Rows: []Row{row("x", 3)}})
	if err := want.Write(path); err != nil {
		t.Fatal(err)
	}
	got, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" || len(got.Tables) != 2 {
		t.Error(diff)
	}
}

func TestRunsAreAddedToThoseOfTheSameHeadgate(t *testing.T) {
	first := Table{Name: "a", Rows: []Row{row("x", 1, 2), row("once", 9), row("gone", 5)}, Environment: Environment{
		Date: "d1", Commit: "c", Scale: 1, LoadStart: 1, LoadEnd: 2, Others: 0.2, Took: time.Minute}}
	later := Table{Name: "a", Rows: []Row{row("x", 3), row("once"), row("new", 7)}, Environment: Environment{
		Date: "d2", Commit: "c", Scale: 1, LoadStart: 3, LoadEnd: 4, Others: 0.5, Took: 2 * time.Minute}}
	got, err := first.Join(later)
	if err != nil {
		t.Fatal(err)
	}
	want := Table{Name: "a", Rows: []Row{row("x", 1, 2, 3), row("once", 9), row("new", 7)}, Environment: Environment{
		Date: "d1", Commit: "c", Scale: 1, LoadStart: 1, LoadEnd: 4, Others: 0.4, Took: 3 * time.Minute}}
	if diff := cmp.Diff(want, got); diff != "" || got.Runs() != 3 || len(first.Rows[0].Runs) != 2 {
		t.Error(diff)
	}
	later.Environment.Commit = "c with changes"
	if _, err := first.Join(later); err == nil {
		t.Error("runs of another headgate were added")
	}
}

func TestTheMarksOfADocumentAreFilled(t *testing.T) {
	known := func(name string) (string, bool) { return "new " + name + "\n", name == "a" || name == "b" }
	document := "x\n<!-- measured: a -->\nold\n<!-- end -->\ny\n<!-- measured: b -->\n<!-- end -->\nz"
	want := "x\n<!-- measured: a -->\nnew a\n<!-- end -->\ny\n<!-- measured: b -->\nnew b\n<!-- end -->\nz"
	got, err := Fill(document, known)
	if err != nil || got != want {
		t.Errorf("%q, %v", got, err)
	}
	if again, err := Fill(got, known); err != nil || again != got {
		t.Errorf("filled again it is %q, %v", again, err)
	}
	for _, bad := range []string{"<!-- measured: a -->", "<!-- measured: a", "<!-- measured: c --><!-- end -->"} {
		if _, err := Fill(bad, known); err == nil {
			t.Errorf("%q was filled", bad)
		}
	}
}
