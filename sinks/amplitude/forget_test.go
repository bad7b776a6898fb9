package amplitude

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/internal/deletion/deletiontest"
)

func TestAmplitudeIsAskedToDeleteAUserByTheIDsThatItWasGiven(t *testing.T) {
	token, key := strings.Repeat("tok", 9), strings.Repeat("key", 9)
	v := deletiontest.New(t, deletionPath, "Basic "+base64.StdEncoding.EncodeToString([]byte(key+":"+token)), "application/json", "", `[{"day":"2026-11-21","status":"staging","amplitude_ids":[]}]`)
	s := deletiontest.Open[*Sink](t, New, Config{APIKey: core.NewSecret(key), Deletion: Deletion{SecretKey: core.NewSecret(token), Endpoint: v.URL}})
	deletiontest.Run(t, s, v, core.PersonIDs{UserIDs: []string{"ada", "p1_00"}, AnonymousIDs: []string{"device-1"}}, []string{
		`{"ignore_invalid_id":"true","requester":"headgate","user_ids":["ada","p1_00"]}`,
	}, token, key)
}

func TestWithoutACredentialAmplitudeCannotBeAsked(t *testing.T) {
	s := deletiontest.Open[*Sink](t, New, Config{APIKey: core.NewSecret("k"), Region: "eu"})
	deletiontest.Needs(t, s, core.PersonIDs{UserIDs: []string{"ada"}}, "deletion.secret_key", "https://analytics.eu.amplitude.com/api/2/deletions/users")
}

func TestADeviceHasToBeLookedUpAtAmplitude(t *testing.T) {
	s := deletiontest.Open[*Sink](t, New, Config{APIKey: core.NewSecret("k")})
	d, err := s.Deletion(core.PersonIDs{AnonymousIDs: []string{"device-1"}})
	if err != nil || len(d.Requests) > 0 || !strings.Contains(strings.Join(d.Notes, " "), "device-1") {
		t.Errorf("%+v, %v", d, err)
	}
}
