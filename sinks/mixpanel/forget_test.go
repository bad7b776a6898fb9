package mixpanel

import (
	"strings"
	"testing"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/internal/deletion/deletiontest"
)

func TestMixpanelIsAskedToDeleteAUserByTheIDsThatItWasGiven(t *testing.T) {
	token, key := strings.Repeat("tok", 9), strings.Repeat("key", 9)
	v := deletiontest.New(t, deletionPath, "Bearer "+token, "application/json", "token="+key, `{"status":"ok","results":{"task_id":"1583958024"}}`)
	s := deletiontest.Open[*Sink](t, New, Config{Token: core.NewSecret(key), Deletion: Deletion{Token: core.NewSecret(token), Endpoint: v.URL + "/"}})
	deletiontest.Run(t, s, v, core.PersonIDs{UserIDs: []string{"ada", "p1_00"}, AnonymousIDs: []string{"device-1"}}, []string{
		`{"compliance_type":"GDPR","distinct_ids":["ada","p1_00","$device:device-1"]}`,
	}, token, key)
}

func TestWithoutACredentialMixpanelCannotBeAsked(t *testing.T) {
	s := deletiontest.Open[*Sink](t, New, Config{Token: core.NewSecret("k"), Region: "eu"})
	deletiontest.Needs(t, s, core.PersonIDs{UserIDs: []string{"ada"}}, "deletion.token", "https://eu.mixpanel.com/api/app/data-deletions/v3.0/?token=[redacted]")
}
