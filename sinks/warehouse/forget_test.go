package warehouse

import (
	"strings"
	"testing"

	"github.com/headgate-dev/headgate/core"
)

func TestTheStatementNamesEveryIDAndIsNeverWithoutACondition(t *testing.T) {
	for _, c := range []struct {
		ids  core.PersonIDs
		want string
	}{
		{core.PersonIDs{UserIDs: []string{"ada"}}, `DELETE FROM t WHERE "user_id" IN ('ada')`},
		{core.PersonIDs{AnonymousIDs: []string{"a", "b"}}, `DELETE FROM t WHERE "anonymous_id" IN ('a', 'b')`},
		{core.PersonIDs{UserIDs: []string{"o'b"}, AnonymousIDs: []string{"a"}}, `DELETE FROM t WHERE "user_id" IN ('o''b') OR "anonymous_id" IN ('a')`},
		{core.PersonIDs{}, `DELETE FROM t WHERE 1 = 0`},
	} {
		if got := DeleteStatement("t", Quote, Literal, c.ids); got != c.want {
			t.Errorf("%+v:\n%s\nwant\n%s", c.ids, got, c.want)
		}
	}
	if got := EscapedLiteral(`a\' OR 1=1 --`); got != `'a\\'' OR 1=1 --'` {
		t.Errorf("%s", got)
	}
}

func TestADriverThatCannotDeleteSaysSo(t *testing.T) {
	s := open(t, Config{Table: "events"}, &fake{})
	d, err := s.Deletion(core.PersonIDs{UserIDs: []string{"ada"}})
	if err != nil || len(d.Requests) > 0 || len(d.Notes) == 0 {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := s.Forget(t.Context(), core.PersonIDs{UserIDs: []string{"ada"}}); err == nil || !strings.Contains(err.Error(), "cannot delete") {
		t.Errorf("%v", err)
	}
}
