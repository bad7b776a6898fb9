package doctest

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"strings"
	"testing"
)

// exemplified are the packages of which every exported type has an example: one that is named for it,
// for a method of it, or for a function that returns it, so that documentation shows it there.
//
// Beside each is what is shown by the example of another type, because there is no use of it apart
// from that: a part of a configuration, of an answer or of an event.
var exemplified = map[string]map[string]string{
	"core": {
		"App": "Config", "DeadLetterConfig": "DeadLetterBox",
		"Books": "Stats", "SinkStats": "Stats", "DoNotTrackStats": "Dispatcher_Stats",
		"Limits": "Limiter", "Request": "Previewer", "SinkPreview": "Preview",
		"Deletion": "Forgetter", "PersonIDs": "Forgetter", "Forgotten": "Person",
		"SchemaField": "Schema", "ValueKind": "Value",
		"Replayed": "ReplayOptions", "Outcome": "Group", "Result": "Observation",
	},
	"core/consent": {},
	"core/outbox":  {},
	"core/queue":   {"Memory": "OnFull", "Position": "Log", "Run": "Cursor"},
	"core/queue/disk": {
		"Sync": "Health", "CursorReport": "Report", "SegmentReport": "Report",
	},
	"core/sanitize":  {"Action": "Finding"},
	"core/transport": {"Options": "Client", "Response": "Request"},
	"core/wire":      {"Shape": "Event_Cut"},
	"registry": {
		"Defaults": "Sink", "Kind": "Option", "Expression": "Language", "QueueEnv": "Queue", "QueueOptions": "Queue", "QueueTLS": "Queue",
	},
	"config": {
		"App": "Settings", "Privacy": "Settings", "Queue": "Settings", "Server": "Settings", "CORS": "Settings", "TLS": "Settings",
		"Admin": "Settings", "CaseResult": "CaseFile",
	},
	"metrics": {
		"Build": "Registry_ReportBooks", "Type": "Definition", "Labels": "Counter",
	},
	"usage": {
		"Shutdown": "Version", "Tapped": "Tap",
	},
	"server": {
		"Options": "Server", "AdminOptions": "Admin", "SinkControl": "Admin", "DeadLetters": "Admin", "DeadLetter": "ListDeadLetters",
		"Counters":  "Server_Counters",
		"Forgetter": "ForgetHandler", "ForgetFailure": "ForgetHandler",
	},
	"cli": {"Metrics": "WithMetrics", "MetricsEnv": "WithMetrics"},
	"sinktest": {
		"Answer": "Server", "Request": "Server", "Env": "Harness", "HTTP": "Harness",
	},
}

func TestEveryTypeHasAnExample(t *testing.T) {
	for dir, parts := range exemplified {
		p, shown := parsePackage(t, dir), maps.Clone(parts)
		for _, typ := range p.doc.Types {
			own, by := examplesOf(typ), shown[typ.Name]
			switch {
			case len(own) == 0 && by == "":
				t.Errorf("%s.%s has no example: write Example%s, or one of what returns it", dir, typ.Name, typ.Name)
			case len(own) > 0 && by != "":
				t.Errorf("%s.%s has an example of its own: take it off the list", dir, typ.Name)
			case by != "" && !p.uses("Example"+by, typ.Name):
				t.Errorf("%s: Example%s does not show %s", dir, by, typ.Name)
			}
			delete(shown, typ.Name)
		}
		for name := range shown {
			t.Errorf("%s.%s is on the list and is no type", dir, name)
		}
	}
}

func TestEveryExampleRunsAndSaysWhatItShows(t *testing.T) {
	for dir := range exemplified {
		examples := doc.Examples(parsePackage(t, dir).tests...)
		if len(examples) == 0 {
			t.Errorf("%s has no examples", dir)
		}
		for _, e := range examples {
			if e.Output == "" && !e.EmptyOutput {
				t.Errorf("%s: Example%s has no output, so that it is not run", dir, e.Name)
			}
			if strings.TrimSpace(e.Doc) == "" {
				t.Errorf("%s: Example%s has no comment: say what problem it solves", dir, e.Name)
			}
		}
	}
}

// source is a package as it is written.
type source struct {
	doc   *doc.Package
	code  []*ast.File
	tests []*ast.File
}

func parsePackage(t *testing.T, dir string) source {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("..", "..", dir, "*.go"))
	if err != nil || len(paths) == 0 {
		t.Fatal(dir, err)
	}
	var p source
	files := token.NewFileSet()
	for _, path := range paths {
		file, err := parser.ParseFile(files, path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(path, "_test.go") {
			p.tests = append(p.tests, file)
		} else {
			p.code = append(p.code, file)
		}
	}
	// PreserveAST, for the code is searched afterwards.
	p.doc, err = doc.NewFromFiles(files, append(p.code[:len(p.code):len(p.code)], p.tests...), "github.com/headgate-dev/headgate/"+dir, doc.PreserveAST)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// examplesOf returns the examples that documentation shows under a type.
func examplesOf(t *doc.Type) []*doc.Example {
	all := t.Examples
	for _, f := range append(t.Funcs, t.Methods...) {
		all = append(all, f.Examples...)
	}
	return all
}

// uses reports whether an example, or what it is made of, has a value of a type in it: it names the type, one of
// its constants, a field of it, or a function that returns it.
func (p *source) uses(example, typ string) bool {
	names, declared := p.namesOf(typ), p.declared()
	seen, open := map[string]bool{}, []string{example}
	found := false
	for len(open) > 0 {
		name := open[0]
		open = open[1:]
		for _, declaration := range declared[name] {
			ast.Inspect(declaration, func(n ast.Node) bool {
				if id, ok := n.(*ast.Ident); ok {
					found = found || names[id.Name]
					if !seen[id.Name] {
						seen[id.Name], open = true, append(open, id.Name)
					}
				}
				return true
			})
		}
	}
	return found
}

// declared returns what the tests of the package declare, by name; methods by the name of their type.
func (p *source) declared() map[string][]ast.Node {
	all := make(map[string][]ast.Node)
	add := func(name string, n ast.Node) { all[name] = append(all[name], n) }
	for _, file := range p.tests {
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil {
					add(d.Name.Name, d)
					continue
				}
				ast.Inspect(d.Recv.List[0].Type, func(n ast.Node) bool {
					if id, ok := n.(*ast.Ident); ok {
						add(id.Name, d)
					}
					return true
				})
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch spec := spec.(type) {
					case *ast.TypeSpec:
						add(spec.Name.Name, spec)
					case *ast.ValueSpec:
						for _, name := range spec.Names {
							add(name.Name, spec)
						}
					}
				}
			}
		}
	}
	return all
}

// namesOf returns the names by which values of a type are come by.
func (p *source) namesOf(typ string) map[string]bool {
	names := map[string]bool{typ: true}
	mentions := func(n ast.Node) (found bool) {
		if n == nil {
			return false
		}
		ast.Inspect(n, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			found = found || ok && id.Name == typ
			return true
		})
		return found
	}
	for _, file := range p.code {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Type.Results != nil && mentions(n.Type.Results) {
					names[n.Name.Name] = true
				}
				return false
			case *ast.Field:
				if mentions(n.Type) {
					for _, name := range n.Names {
						names[name.Name] = true
					}
				}
			case *ast.ValueSpec:
				if n.Type != nil && mentions(n.Type) {
					for _, name := range n.Names {
						names[name.Name] = true
					}
				}
			}
			return true
		})
	}
	return names
}
