package bigquery

import (
	"testing"

	"github.com/headgate-dev/headgate/core"
)

func TestTheStatementForOperatorsQuotesAsGoogleSQLDoes(t *testing.T) {
	got := erasure.Statement(options(t, "https://bigquery.googleapis.com"), core.PersonIDs{UserIDs: []string{`o'b\`, "a\nb"}})
	want := "DELETE FROM `my-project`.`analytics`.`telemetry_events` WHERE `user_id` IN ('o\\'b\\\\', 'a\\nb')"
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}
