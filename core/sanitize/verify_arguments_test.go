package sanitize

import (
	"strings"
	"testing"
)

// The password is made here, as none of its kind may be in a file.
func TestAPasswordIsKnownByItsPlace(t *testing.T) {
	s := newSanitizer(t, Options{})
	password := "Wal" + strings.Repeat("nut", 2) + "-4711"
	token := strings.Repeat("aB3dE6gH9j", 4)
	for _, text := range []string{
		"htpasswd -b .htpasswd jane " + password, "htpasswd -nbB jane " + password, "htpasswd -cb /etc/x jane '" + password + "'",
		`net use Z: \\db\share /user:jane ` + password, `net use * \\db\share ` + password + ` /user:jane`, "net user jane " + password + " /add",
		"rabbitmqctl add_user jane " + password, "composer config --global github-oauth.github.com " + token,
		"#0 /srv/db.php(12): PDO->__construct('mysql:host=db', 'jane', '" + password + "')", "new PDO($dsn, 'jane', '" + password + "')",
		"#1 x.php(3): mysqli_connect('db', 'jane', '" + password + "')", "ldap_bind($c, 'cn=jane', '" + password + "')", "ftp_login(Resource id #3, 'jane', '" + password + "')",
		"smtp_sasl_password_maps = static:jane:" + password, "username admin privilege 15 password 7 " + token[:12],
		"password……: " + password, "Password ......... : " + password, "pulumi config set --secret dbPassword " + password,
	} {
		if out, _ := encodeMap(t, s, map[string]any{"log": text}); strings.Contains(out, password) || strings.Contains(out, token[:12]) {
			t.Errorf("%q leaks: %s", text, out)
		}
	}
	for _, text := range []string{
		"Né le 15/06/2004", "née le 5 mars 1980", "nato il 3.4.1980", "Nacida el 15/06/2004", "född 1980-04-05", "seed words: absent agent able again alien absurd address about about across add absurd",
	} {
		if out, _ := encodeMap(t, s, map[string]any{"log": text}); !strings.Contains(out, redactedPrefix) {
			t.Errorf("%q leaks: %s", text, out)
		}
	}
	if out, _ := encodeMap(t, s, map[string]any{"process.owner": "jroe", "bankAccount": "203854868"}); strings.Contains(out, "jroe") || strings.Contains(out, "2038") {
		t.Errorf("it leaks: %s", out)
	}
}

func TestWhatOnlyReadsLikeACommandIsLeftAlone(t *testing.T) {
	s := newSanitizer(t, Options{})
	for _, text := range []string{
		"htpasswd -c .htpasswd jane", "htpasswd - manage user files", "net use is deprecated", "net user jane /delete", "net use Z: /delete", "the net users of the service",
		"new PDO($dsn)", "PDO->__construct('mysql:host=db', 'jane', NULL)", "new PDO('sqlite::memory:', null, null, [])", "Model->__construct('a', 'b', 'Wal" + "nut-4711')",
		"github-oauth.github.com is not configured", "static:jane:file", "Loading....: done", "took 3....: 5 ms", "password 7 days old", "nato in Europa", "né le mardi", "född i Lund",
		"phone calls: 12", "config set --secret name", "account words: two",
	} {
		if out, findings := encodeMap(t, s, map[string]any{"log": text}); len(findings) > 0 {
			t.Errorf("%q became %s", text, out)
		}
	}
}
