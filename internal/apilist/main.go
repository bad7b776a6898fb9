// Apilist writes what each public package exports to api/, one file for each, so that a
// change of the API is seen in review. It is run by "go generate ./internal/apilist".
package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/build"
	"go/format"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

//go:generate go run .

func main() {
	if err := write(filepath.Join("..", "..")); err != nil {
		fmt.Fprintln(os.Stderr, "apilist:", err)
		os.Exit(1)
	}
}

// write writes the lists of the module in root, and removes those of packages that are gone.
func write(root string) error {
	lists, err := lists(root)
	if err != nil {
		return err
	}
	dir := filepath.Join(root, "api")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil {
		return err
	}
	for _, path := range old {
		if _, kept := lists[filepath.Base(path)]; !kept {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	for name, text := range lists {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// private are directories without public packages.
var private = []string{"internal", "testdata", "bench", "cmd", "examples"}

// lists returns what the packages export, by the names of their files.
func lists(root string) (map[string][]byte, error) {
	found := make(map[string][]byte)
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		if path != root && (slices.Contains(private, entry.Name()) || strings.HasPrefix(entry.Name(), ".")) {
			return filepath.SkipDir
		}
		text, err := list(path)
		if err != nil || len(text) == 0 {
			return err
		}
		rel, err := filepath.Rel(root, path)
		found[strings.ReplaceAll(filepath.ToSlash(rel), "/", "_")+".txt"] = text
		return err
	})
	return found, err
}

// list returns the exported declarations of a package, nothing if there is no library in dir.
func list(dir string) ([]byte, error) {
	context := build.Default
	context.GOOS, context.GOARCH, context.CgoEnabled = "linux", "amd64", false
	pkg, err := context.ImportDir(dir, 0)
	if err != nil || pkg.Name == "main" {
		return nil, nil // no Go files for this system, or a program
	}
	files := token.NewFileSet()
	var declarations []string
	for _, name := range pkg.GoFiles {
		file, err := parser.ParseFile(files, filepath.Join(dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		ast.FileExports(file)
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && !isPublic(f) {
				continue
			}
			declarations = append(declarations, describe(files, d)...)
		}
	}
	if len(declarations) == 0 {
		return nil, nil
	}
	slices.Sort(declarations)
	return []byte("package " + pkg.Name + "\n\n" + strings.Join(declarations, "\n") + "\n"), nil
}

// isPublic reports whether a function is no method of a type that is not exported.
func isPublic(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return true
	}
	receiver := f.Recv.List[0].Type
	for {
		switch t := receiver.(type) {
		case *ast.StarExpr:
			receiver = t.X
		case *ast.IndexExpr:
			receiver = t.X
		case *ast.IndexListExpr:
			receiver = t.X
		case *ast.Ident:
			return t.IsExported()
		default:
			return true
		}
	}
}

// describe returns the text of a declaration, each name of a group by itself.
func describe(files *token.FileSet, d ast.Decl) []string {
	g, ok := d.(*ast.GenDecl)
	if !ok {
		if f, ok := d.(*ast.FuncDecl); ok {
			f.Body = nil
		}
		return []string{text(files, d)}
	}
	if g.Tok == token.IMPORT {
		return nil
	}
	if g.Tok == token.CONST && len(g.Specs) > 1 { // the values may depend on their order
		return []string{text(files, g)}
	}
	var all []string
	for _, spec := range g.Specs {
		all = append(all, text(files, &ast.GenDecl{Tok: g.Tok, Specs: []ast.Spec{spec}}))
	}
	return all
}

func text(files *token.FileSet, node ast.Node) string {
	var b bytes.Buffer
	if err := (&printer.Config{Mode: printer.TabIndent, Tabwidth: 8}).Fprint(&b, files, node); err != nil {
		return err.Error()
	}
	var lines []string
	for line := range strings.Lines(b.String()) {
		if strings.TrimSpace(line) != "" { // where a comment was
			lines = append(lines, line)
		}
	}
	tidy, err := format.Source([]byte(strings.Join(lines, "")))
	if err != nil {
		return strings.Join(lines, "")
	}
	return string(tidy)
}
