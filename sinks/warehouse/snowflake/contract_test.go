package snowflake

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
	"github.com/headgate-dev/headgate/sinks/warehouse/drivertest"
	"github.com/headgate-dev/headgate/sinks/warehouse/snowflake/internal/fakeflake"
)

// The contract is tried with the real gosnowflake against an account that is no
// Snowflake: what it says about SQL is what the account was taught. See emulator_test.go
// and live_test.go for others.
func TestTheDriverKeepsTheContract(t *testing.T) {
	t.Parallel()
	var accounts sync.Map // by URL
	account := func(place string) *fakeflake.Server {
		s, ok := accounts.Load(place)
		if !ok {
			t.Fatal("the account is in another process")
		}
		return s.(*fakeflake.Server)
	}
	openWith := func(t *testing.T, place, schema, token string) warehouse.Driver {
		o, err := warehouse.NewOptions(warehouse.Config{
			Driver: "snowflake", Table: "telemetry_events", Endpoint: place, EnsureSchema: &schema,
			Account: "myorg-myaccount", User: "headgate", Database: "db", Warehouse: "wh", Token: core.NewSecret(token),
		})
		if err != nil {
			t.Fatal(err)
		}
		d, err := newWriter(o)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	drivertest.Run(t, drivertest.Harness{
		New: func(t *testing.T) string {
			s := newAccount(t)
			s.ForgetRequests() // what is there once is there once by MERGE
			accounts.Store(s.URL(), s)
			return s.URL()
		},
		Open: func(t *testing.T, place, schema string) warehouse.Driver {
			return openWith(t, place, schema, patOf("pat"))
		},
		Rows: func(t *testing.T, place string) (rows []warehouse.Row) {
			for _, row := range account(place).Rows(events) {
				rows = append(rows, rowOf(row))
			}
			return rows
		},
		// Snowflake refuses an object that has a key twice, which is JSON for many others.
		Poison: func(row *warehouse.Row) { row.Payload = []byte(`{"a":1,"a":2}`) },
		Break:  func(t *testing.T, place string) func() { return account(place).Break() },
		Lose: func(t *testing.T, place string) {
			account(place).Fail(fakeflake.Fault{Statement: "MERGE", CutAfter: true})
		},
		Refused: func(t *testing.T, place string) warehouse.Driver {
			return openWith(t, place, warehouse.SchemaVerify, patOf("not"))
		},
		MaxRows: 1000,
	})
}

// rowOf reads a row of the account's table.
func rowOf(values map[string]any) warehouse.Row {
	text := func(name string) string { s, _ := values[name].(string); return s }
	return warehouse.Row{
		ID: text("ID"), Endpoint: text("ENDPOINT"), Payload: values["PAYLOAD"].([]byte), Context: values["CONTEXT"].([]byte),
		Time: values["TIMESTAMP"].(time.Time), Received: values["RECEIVED_AT"].(time.Time), Kind: text("KIND"),
		UserID: text("USER_ID"), AnonymousID: text("ANONYMOUS_ID"), SessionID: text("SESSION_ID"),
		AppName: text("APP_NAME"), AppVersion: text("APP_VERSION"), SchemaVersion: number(values["SCHEMA_VERSION"]),
	}
}

func number(v any) (n int) {
	_, _ = fmt.Sscan(fmt.Sprint(v), &n)
	return n
}
