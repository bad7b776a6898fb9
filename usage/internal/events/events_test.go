package events

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/usage"
)

func TestTheCatalogueIsUpToDate(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "events.md"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(text), Markdown()); diff != "" {
		t.Errorf("run go generate ./usage (-docs/events.md +payloads):\n%s", diff)
	}
}

func TestEveryPropertyIsDescribedAndDeclared(t *testing.T) {
	for _, p := range usage.Catalogue() {
		for _, f := range core.SchemaOf(p).Fields {
			if len(f.Doc) < 3 || strings.ContainsAny(f.Doc, "|\n") {
				t.Errorf("%s: the property %s says %q of itself", p.EventName(), f.Name, f.Doc)
			}
			if f.Class != "public" && f.Class != "text" && f.Type != "object" {
				t.Errorf("%s: the property %s has the class %q", p.EventName(), f.Name, f.Class)
			}
		}
	}
}

// A payload that is not in the catalogue would be in no documentation.
func TestEveryPayloadIsInTheCatalogue(t *testing.T) {
	known := map[string]bool{}
	for _, p := range usage.Catalogue() {
		known[reflect.TypeOf(p).Name()] = true
	}
	files, err := filepath.Glob(filepath.Join("..", "..", "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Name.Name != "EventName" || f.Recv == nil {
				continue
			}
			if typ := f.Recv.List[0].Type.(*ast.Ident).Name; ast.IsExported(typ) && !known[typ] {
				t.Errorf("%s has an EventName and is not in Catalogue", typ)
			}
		}
	}
}
