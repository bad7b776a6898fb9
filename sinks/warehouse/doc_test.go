package warehouse

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheDocumentationHasEveryColumn(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "warehouse.md"))
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[Type]string{Text: "text", JSON: "JSON", Timestamp: "time", Integer: "number"}
	var table strings.Builder
	for _, c := range Columns() {
		null := ", or NULL"
		if c.Required {
			null = ""
		}
		table.WriteString("| `" + c.Name + "` | " + kinds[c.Type] + null + " | " + c.Doc + " |\n")
	}
	if !strings.Contains(string(text), "|---|---|---|\n"+table.String()+"\n") {
		t.Errorf("docs/warehouse.md should have the rows\n%s", table.String())
	}
}
