package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

const minDocumented = 0.97

func TestEveryPackageHasADocComment(t *testing.T) {
	for name, p := range own(t) {
		if p.Doc == "" && len(p.GoFiles) > 0 {
			t.Errorf("%s has no package comment: say in a sentence what it is for", name)
		}
	}
}

func TestExportedIdentifiersAreDocumented(t *testing.T) {
	var total, documented int
	var missing []string
	for name, p := range own(t) {
		if p.Name == "main" || strings.HasPrefix(name, "internal/") {
			continue
		}
		for _, file := range p.GoFiles {
			f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, file), nil, parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for identifier, doc := range exported(f) {
				total++
				if doc {
					documented++
				} else {
					missing = append(missing, name+": "+identifier)
				}
			}
		}
	}
	if total == 0 {
		t.Fatal("no exported identifier was found")
	}
	if share := float64(documented) / float64(total); share < minDocumented {
		t.Errorf("%.1f %% of %d exported identifiers are documented, want %.0f %%; without a comment:\n%s",
			100*share, total, 100*minDocumented, strings.Join(missing, "\n"))
	}
}

// exported returns the exported identifiers a file declares at its top level, and
// whether each has a comment: its own, or that of its group.
func exported(f *ast.File) map[string]bool {
	found := make(map[string]bool)
	add := func(id *ast.Ident, comments ...*ast.CommentGroup) {
		if !id.IsExported() {
			return
		}
		for _, c := range comments {
			found[id.Name] = found[id.Name] || c.Text() != ""
		}
	}
	for _, decl := range f.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if receiver := receiverName(d); receiver == "" {
				add(d.Name, d.Doc)
			} else if ast.IsExported(receiver) && d.Name.IsExported() {
				found[receiver+"."+d.Name.Name] = d.Doc.Text() != ""
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					add(s.Name, d.Doc, s.Doc, s.Comment)
				case *ast.ValueSpec:
					for _, id := range s.Names {
						add(id, d.Doc, s.Doc, s.Comment)
					}
				}
			}
		}
	}
	return found
}

// receiverName returns the name of the type a method belongs to, or "".
func receiverName(d *ast.FuncDecl) string {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return ""
	}
	expr := d.Recv.List[0].Type
	for {
		switch e := expr.(type) {
		case *ast.StarExpr:
			expr = e.X
		case *ast.IndexExpr:
			expr = e.X
		case *ast.IndexListExpr:
			expr = e.X
		case *ast.Ident:
			return e.Name
		default:
			return ""
		}
	}
}
