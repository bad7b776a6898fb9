package segment

import (
	"strings"
	"testing"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/internal/deletion/deletiontest"
)

func TestSegmentIsAskedToDeleteAUserByTheIDsThatItWasGiven(t *testing.T) {
	token, key := strings.Repeat("tok", 9), strings.Repeat("key", 9)
	v := deletiontest.New(t, deletionPath, "Bearer "+token, "application/vnd.segment.v1+json", "", `{"data":{"regulateId":"2Hr"}}`)
	s := deletiontest.Open[*Sink](t, New, Config{WriteKey: core.NewSecret(key), Deletion: Deletion{Token: core.NewSecret(token), Endpoint: v.URL}})
	deletiontest.Run(t, s, v, core.PersonIDs{UserIDs: []string{"ada", "p1_00"}, AnonymousIDs: []string{"device-1"}}, []string{
		`{"regulationType":"DELETE_ONLY","subjectIds":["ada","p1_00"],"subjectType":"USER_ID"}`,
	}, token, key)
}

func TestWithoutACredentialSegmentCannotBeAsked(t *testing.T) {
	s := deletiontest.Open[*Sink](t, New, Config{WriteKey: core.NewSecret("k"), Region: "eu"})
	deletiontest.Needs(t, s, core.PersonIDs{UserIDs: []string{"ada"}}, "deletion.token", "https://eu1.api.segmentapis.com/regulations")
}
