package suite

import "github.com/headgate-dev/headgate/bench/internal/report"

// Text returns what results say, as the documentation shows it: a table by its name, or the targets.
func Text(results report.Results, name string) (text string, known bool) {
	if name == "targets" {
		return results.Verdicts(Targets()), true
	}
	for _, t := range Tables() {
		for _, v := range t.Shown() {
			if v.Name != name {
				continue
			}
			measured, ok := results.Table(t.Name)
			if !ok {
				return "Not measured.", true
			}
			return measured.Markdown(v.Columns), true
		}
	}
	return "", false
}
