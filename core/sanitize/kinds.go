package sanitize

// Kinds of finding, as they stand in [redacted:kind] and in Finding.Kind.
const (
	kindSecret      = "secret"
	kindPassword    = "password"
	kindToken       = "token"
	kindAPIKey      = "api_key"
	kindPIN         = "pin"
	kindCookie      = "cookie"
	kindPrivateKey  = "private_key"
	kindJWT         = "jwt"
	kindCredentials = "credentials"
	kindWebhook     = "webhook_url"
	kindEncoded     = "encoded_secret"

	kindEmail     = "email"
	kindPhone     = "phone"
	kindCard      = "card"
	kindIBAN      = "iban"
	kindAccount   = "bank_account"
	kindID        = "national_id"
	kindPassport  = "passport"
	kindLicense   = "license"
	kindSSN       = "ssn"
	kindIMEI      = "imei"
	kindBirthDate = "birth_date"
	kindName      = "name"
	kindUser      = "user"
	kindAddress   = "address"
	kindGeo       = "geo"
	kindHost      = "host"
	kindMAC       = "mac"
	kindIP        = "ip"
	kindDenied    = "denied_key"

	kindErrorText   = "error_text"
	kindNotAllowed  = "not_allowed"
	kindUnencodable = "unencodable"
	kindUnscanned   = "unscanned"
	kindTruncated   = "truncated"
	kindOversize    = "oversize"
)

// isCredential reports whether findings of the kind open something: they are never
// replaced by a pseudonym, nor kept in error messages.
func isCredential(kind string) bool {
	switch kind {
	case kindSecret, kindPassword, kindToken, kindAPIKey, kindPIN, kindCookie, kindPrivateKey, kindJWT,
		kindCredentials, kindWebhook, kindEncoded, kindDenied:
		return true
	}
	return false
}
