package archtest

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// maxLines is the length at which a file holds more than one concept.
const maxLines = 600

// registryHosts are where packages are downloaded from, which is for each user's
// own set-up to say. They are put together here so that this file does not name them.
var registryHosts = []string{
	"proxy.golang" + ".org", "sum.golang" + ".org", "registry.npmjs" + ".org", "registry.yarnpkg" + ".com",
	"pypi" + ".org", "files.pythonhosted" + ".org", "crates" + ".io", "rubygems" + ".org",
}

func TestNoGoFileIsTooLong(t *testing.T) {
	eachFile(t, func(name string, text []byte) {
		if !strings.HasSuffix(name, ".go") || bytes.Contains(text, []byte("// Code generated ")) {
			return
		}
		if n := bytes.Count(text, []byte("\n")); n > maxLines {
			t.Errorf("%s has %d lines, more than %d: split it by concept", name, n, maxLines)
		}
	})
}

func TestNoFileNamesAPackageRegistry(t *testing.T) {
	eachFile(t, func(name string, text []byte) {
		for _, host := range registryHosts {
			if bytes.Contains(text, []byte(host)) {
				t.Errorf("%s names %s", name, host)
			}
		}
	})
}

// eachFile calls visit for every file of the repository that is not built or hidden.
func eachFile(t *testing.T, visit func(name string, text []byte)) {
	t.Helper()
	root, visited := repository(t), 0
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, name)
		switch {
		case d.IsDir() && (rel == ".git" || rel == "bin" || rel == "headgate-data"):
			return filepath.SkipDir
		case !d.Type().IsRegular():
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		visited++
		visit(filepath.ToSlash(rel), text)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if visited < 20 {
		t.Fatalf("only %d files were found", visited)
	}
}
