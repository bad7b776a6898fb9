package sqlite

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

// SQLite leaves what was deleted in the file until something else is written over it.
func TestWhatIsForgottenIsNotInTheFileAnyMore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rows.db")
	o, err := warehouse.NewOptions(warehouse.Config{Driver: "sqlite", Path: path, Table: "events"})
	if err != nil {
		t.Fatal(err)
	}
	d, err := open(o)
	if err != nil {
		t.Fatal(err)
	}
	var rows []warehouse.Row
	for i := range 400 {
		user := "ada-lovelace"
		if i%2 == 1 {
			user = "charles-babbage"
		}
		rows = append(rows, warehouse.Row{
			ID: fmt.Sprintf("%s-%d", user, i), Endpoint: "run", Kind: "track", Payload: fmt.Appendf(nil, `{"of":%q}`, user),
			Time: time.Now(), Received: time.Now(), UserID: user, Context: []byte(`{}`), SchemaVersion: warehouse.SchemaVersion,
		})
	}
	if err := d.EnsureSchema(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := d.Write(t.Context(), warehouse.Batch{ID: "1", Rows: rows}); err != nil {
		t.Fatal(err)
	}
	n, err := d.(warehouse.Forgetter).Forget(t.Context(), core.PersonIDs{UserIDs: []string{"ada-lovelace"}})
	if err != nil || n != 200 {
		t.Fatalf("%d, %v", n, err)
	}
	files, _ := filepath.Glob(path + "*")
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, []byte("ada-lovelace")) {
			t.Errorf("she is still in %s", name)
		}
		if name == path && !bytes.Contains(b, []byte("charles-babbage")) {
			t.Error("others are not in the file")
		}
	}
	if err := d.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}
