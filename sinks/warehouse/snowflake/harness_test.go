package snowflake

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"hash/crc32"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
	"github.com/headgate-dev/headgate/sinks/warehouse/snowflake/internal/fakeflake"
)

func TestMain(m *testing.M) {
	if run, ok := childTasks[os.Getenv(childTask)]; ok {
		run()
		return
	}
	goleak.VerifyTestMain(m)
}

const events = "DB.PUBLIC.TELEMETRY_EVENTS"

// patOf is a token in the form of a real one, made at run time.
func patOf(seed string) string { return "eyJ" + strings.Repeat(seed, 12) }

// newKey makes an RSA key, once for all tests: it takes a while.
var newKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func derOf(key any) []byte {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	return der
}

func pemOf(key any) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: derOf(key)}))
}

// newAccount starts an account with a user LOADER who has a key.
func newAccount(t testing.TB) *fakeflake.Server {
	t.Helper()
	s := fakeflake.New()
	t.Cleanup(s.Close)
	s.AddUser("HEADGATE", fakeflake.User{Key: &newKey().PublicKey, Token: patOf("pat"), Password: "pass" + "-" + patOf("word")})
	return s
}

// configOf is a configuration that signs in to an account with a key.
func configOf(s *fakeflake.Server) warehouse.Config {
	return warehouse.Config{
		Driver: "snowflake", Table: "telemetry_events", Endpoint: s.URL(),
		Account: "myorg-myaccount", User: "headgate", Database: "db", Warehouse: "wh", Role: "loader",
		PrivateKey: core.NewSecret(pemOf(newKey())),
	}
}

// open opens the driver and closes it after the test.
func open(t testing.TB, c warehouse.Config) *writer {
	t.Helper()
	o, err := warehouse.NewOptions(c)
	if err != nil {
		t.Fatal(err)
	}
	d, err := newWriter(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := d.Close(ctx); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return d.(*writer)
}

// ready opens the driver on an account that has the table.
func ready(t testing.TB, s *fakeflake.Server) *writer {
	t.Helper()
	c := configOf(s)
	create := warehouse.SchemaCreate
	c.EnsureSchema = &create
	d := open(t, c)
	if err := d.EnsureSchema(within(t)); err != nil {
		t.Fatal(err)
	}
	return d
}

func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// rowsOf makes rows that were received one after the other.
func rowsOf(ids ...string) (rows []warehouse.Row) {
	at := time.Date(2026, 11, 21, 12, 0, 0, 123456789, time.UTC)
	for i, id := range ids {
		rows = append(rows, warehouse.Row{
			ID: id, Endpoint: "run", Payload: []byte(`{"seconds":1.5}`), Context: []byte(`{}`), Kind: "track",
			Time: at.Add(-time.Hour), Received: at.Add(time.Duration(i) * time.Second), SchemaVersion: warehouse.SchemaVersion,
		})
	}
	return rows
}

// batch makes a batch whose id is made of those of its rows.
func batch(ids ...string) warehouse.Batch {
	sum := crc32.ChecksumIEEE([]byte(strings.Join(ids, " ")))
	return warehouse.Batch{ID: fmt.Sprintf("0190d5a6-0000-8000-8000-%012x", sum), Rows: rowsOf(ids...)}
}

// ids returns the ids of the rows in the table, in the order they were added.
func ids(s *fakeflake.Server) (ids []string) {
	for _, row := range s.Rows(events) {
		ids = append(ids, row["ID"].(string))
	}
	return ids
}

func wantClass(t *testing.T, err error, want core.Class) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one of class %s", want)
	}
	if class, _ := core.Classify(err); class != want {
		t.Errorf("%q has the class %s, want %s", err, class, want)
	}
}
