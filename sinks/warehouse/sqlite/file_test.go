package sqlite

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

func TestAFileIsNamedByPathOrDSN(t *testing.T) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ path, dsn, want, problem string }{
		{want: here + "/headgate.db"},
		{path: "x.db", want: here + "/x.db"},
		{path: "/var/lib/x.db", want: "/var/lib/x.db"},
		{dsn: "/var/lib/x.db", want: "/var/lib/x.db"},
		{dsn: "file:x.db", want: here + "/x.db"},
		{dsn: "file:/a%20b/x%3F.db", want: "/a b/x?.db"},
		{dsn: "file:///a/x.db", want: "/a/x.db"},
		{dsn: "file://localhost/a/x.db", want: "/a/x.db"},
		{path: "odd?name#1%.db", want: here + "/odd?name#1%.db"},
		{path: "x.db", dsn: "y.db", problem: "dsn: path names the file already; give one of them"},
		{path: ":memory:", problem: "path: a database in memory would be lost; want the name of a file"},
		{dsn: "file::memory:", problem: "dsn: a database in memory would be lost; want the name of a file"},
		{dsn: "file:x.db?mode=memory", problem: "dsn: want a path, or a file: URI without parameters; how the file is opened is the driver's affair"},
		{dsn: "file:%zz", problem: "dsn: it is not a valid file: URI"},
		{path: "dir/", problem: "path: want the name of a file"},
		{path: "a\x00b", problem: "path: it has a NUL"},
	} {
		f, err := locate(warehouse.Config{Path: c.path, DSN: core.NewSecret(c.dsn)})
		problem := ""
		if err != nil {
			problem = err.Error()
		}
		if problem != c.problem || err == nil && f.path != c.want {
			t.Errorf("path %q, dsn %q: %q, %q; want %q, %q", c.path, c.dsn, f.path, problem, c.want, c.problem)
		}
	}
}

func TestTheFileIsForItsOwnerAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "made", "here", "x.db")
	d := openAt(t, path, warehouse.SchemaCreate)
	defer d.Close(context.Background())
	if err := d.EnsureSchema(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := d.Write(t.Context(), batch("a")); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]fs.FileMode{path: 0o600, path + "-wal": 0o600, path + "-shm": 0o600, filepath.Dir(path): 0o700} {
		info, err := os.Stat(name)
		if err != nil {
			t.Error(err)
		} else if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has the permissions %v, want %v", name, got, want)
		}
	}
}

func TestAFileThatIsGoneIsMadeAnewRatherThanWrittenUnseen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	d := openAt(t, path, warehouse.SchemaCreate)
	defer d.Close(context.Background())
	for _, away := range []func() error{
		func() error { return nil },
		func() error { return os.Rename(path, path+".old") },
		func() error { return os.Remove(path) },
	} {
		if err := errors.Join(away(), d.Write(t.Context(), batch("b"))); err != nil {
			t.Fatal(err)
		}
		if rows := readRows(t, path); len(rows) != 1 {
			t.Errorf("the file at the path has %d rows, want 1", len(rows))
		}
	}
}

// What cannot be written to is for somebody to set right. The path of a dsn is not shown.
func TestAFileThatCannotBeWrittenIsForSomebodyToSetRight(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	inFile := filepath.Join(write("plain", "text"), "x.db")
	noDatabase := write("letter.db", strings.Repeat("Dear Ada, ", 500))
	damaged := filepath.Join(dir, "damaged.db")
	d := openAt(t, damaged, warehouse.SchemaCreate)
	if err := errors.Join(d.Write(t.Context(), batch("a")), d.Close(context.Background())); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(damaged)
	if err != nil {
		t.Fatal(err)
	}
	for i := 4096; i < len(text); i++ {
		text[i] = 0xa5
	}
	write("damaged.db", string(text))

	for _, path := range []string{inFile, noDatabase, damaged, dir} {
		o := options(t, "", warehouse.SchemaCreate)
		o.DSN = core.NewSecret(path)
		d, err := open(o)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close(context.Background())
		for range 2 {
			err = d.Write(t.Context(), batch("a"))
			if class, _ := core.Classify(err); class != core.ClassUnauthorized {
				t.Errorf("%s: %v has the class %s", path, err, class)
			}
			if err != nil && (strings.Contains(err.Error(), dir) || strings.Contains(err.Error(), "Ada")) {
				t.Errorf("the error %q tells what it must not", err)
			}
		}
		if path != damaged { // which is seen when the table is used
			if err := d.Check(t.Context()); err == nil {
				t.Errorf("%s: the check has no objection", path)
			}
		}
	}
}

func TestACheckMakesNoFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "not", "yet", "x.db")
	create, verify := openAt(t, path, warehouse.SchemaCreate), openAt(t, path, warehouse.SchemaVerify)
	if err := create.Check(t.Context()); err != nil {
		t.Error(err)
	}
	if err := verify.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "set ensure_schema: create") {
		t.Errorf("with nothing there and nothing to be made: %v", err)
	}
	if err := errors.Join(create.Close(t.Context()), verify.Close(t.Context())); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Dir(filepath.Dir(path))); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("something was made: %v", err)
	}
}
