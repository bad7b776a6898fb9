package suite

import "github.com/headgate-dev/headgate/bench/internal/report"

// Text returns what results say, as the documentation shows it: a table by its name, or the targets.
func Text(results report.Results, name string) (text string, known bool) {
	if name == "targets" {
		return results.Verdicts(Targets()), true
	}
	for _, t := range Tables() {
		if t.Name != name {
			continue
		}
		measured, ok := results.Table(name)
		if !ok {
			return "Not measured.", true
		}
		return measured.Markdown(t.Columns), true
	}
	return "", false
}
