package corpus

// names are what people and programs call a secret, in words.
var names = []string{
	"password", "passwd", "passphrase", "user password", "db password", "root pw", "smtp pass", "admin pwd", "login password",
	"client secret", "api key", "api secret", "app secret", "secret key", "access token", "refresh token", "id token",
	"bearer token", "auth token", "csrf token", "session token", "signing key", "signing secret", "encryption key",
	"private key", "master key", "webhook secret", "shared secret", "jwt secret", "cookie secret", "storage key",
	"license key", "subscription key", "consumer secret", "otp secret", "totp seed", "recovery code", "reset token",
	"verification token", "invite token", "deploy key", "ssh passphrase", "keystore password", "truststore password",
	"wifi password", "psk", "service credentials", "device token", "push token", "oauth token", "magic link token",
	"kennwort", "passwort", "mot de passe", "contraseña", "contrasena", "clave secreta", "senha", "hasło", "haslo", "heslo",
	"lösenord", "wachtwoord", "adgangskode", "salasana", "jelszó", "şifre", "parola", "пароль", "密码", "パスワード", "비밀번호",
	"geheimnis", "zugangstoken", "jeton acces", "chave api",
}

// textNames are those of them that are written in texts, whatever the language.
func (g *generator) secretName() string { return names[g.IntN(len(names))] }

// firstSecrets are the rows of the first set that hold credentials.
func firstSecrets(g *generator) {
	for _, t := range tokens {
		for range 2 {
			p := namedPlaces[g.IntN(len(namedPlaces))]
			g.credential(family{kind: t.kind, cat: "credential", place: p.name, keys: p.keys}, t.name, g.fill(t.format).text, p.text, p.wrap...)
		}
		g.credential(family{kind: t.kind, cat: "credential", place: "key", keys: telling}, t.name, g.fill(t.format).text, "«!v»")
		if !t.bare {
			continue
		}
		for range 3 {
			p := tokenPlaces[g.IntN(len(tokenPlaces))]
			g.credential(family{kind: t.kind, cat: "credential", place: p.name, keys: p.keys}, t.name, g.fill(t.format).text, p.text, p.wrap...)
		}
	}
	for _, p := range namedPlaces {
		for range 8 {
			g.credential(family{kind: "named_secret", cat: "credential", place: p.name, keys: p.keys}, g.secretName(), g.fill("«safepw»").text, p.text, p.wrap...)
		}
	}
	for _, n := range names {
		for range 3 {
			g.credential(family{kind: "secret_under_key", cat: "credential", place: "key", keys: telling}, n, g.password(), "«!v»")
		}
	}
}
