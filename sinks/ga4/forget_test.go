package ga4

import (
	"fmt"
	"strings"
	"testing"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/internal/deletion/deletiontest"
)

func deletionBody(typ, id string) string {
	return fmt.Sprintf(`{"kind":"analytics#userDeletionRequest","id":{"type":"%s","userId":"%s"},"propertyId":"123456789"}`, typ, id)
}

func TestGoogleIsAskedToDeleteEveryIDThatEventsWereSentUnder(t *testing.T) {
	token, secret := strings.Repeat("tok", 9), strings.Repeat("sec", 9)
	v := deletiontest.New(t, deletionPath, "Bearer "+token, "application/json", "", `{"kind":"analytics#userDeletionRequest","deletionRequestTime":"2026-11-21T12:00:00Z"}`)
	s := deletiontest.Open[*Sink](t, New, Config{
		MeasurementID: "G-ABC123", APISecret: core.NewSecret(secret),
		Deletion: Deletion{PropertyID: "123456789", Token: core.NewSecret(token), Endpoint: v.URL},
	})
	of := func(e core.Event) string {
		sealed, err := core.Seal(core.Config{}, e)
		if err != nil {
			t.Fatal(err)
		}
		return s.identityOf(sealed).clientID
	}
	ids := core.PersonIDs{UserIDs: []string{"ada"}, AnonymousIDs: []string{"12.34"}}
	deletiontest.Run(t, s, v, ids, []string{
		deletionBody("USER_ID", "ada"),
		deletionBody("CLIENT_ID", of(core.Event{Name: "x", AnonymousID: "12.34"})),
		deletionBody("CLIENT_ID", of(core.Event{Name: "x", UserID: "ada"})),
	}, token, secret)
}

func TestWithoutAPropertyOrATokenGoogleCannotBeAsked(t *testing.T) {
	s := deletiontest.Open[*Sink](t, New, Config{FirebaseAppID: "1:123:android:0a1b", APISecret: core.NewSecret("s")})
	ids := core.PersonIDs{UserIDs: []string{"ada"}}
	deletiontest.Needs(t, s, ids, "deletion.property_id,deletion.token", "<PROPERTY_ID>")
	deletiontest.Needs(t, s, ids, "deletion.property_id,deletion.token", "<ACCESS_TOKEN>")
	deletiontest.Needs(t, s, ids, "deletion.property_id,deletion.token", `"APP_INSTANCE_ID"`)
}
