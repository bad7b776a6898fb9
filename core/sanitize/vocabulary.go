package sanitize

import "strings"

// heads are the nouns that decide by themselves what a key names, once folded.
// Plurals need not be listed.
var heads = vocabulary(map[class]string{
	classPassword: `requirepass masterauth masterpass rootpw bindpw bindpass userpw password passwd passwrd pw passwort pwd pass passphrase passcode psw pswd userpass clave kennwort contrasena contrasenya senha
		palavrapasse wachtwoord motdepasse mdp haslo parola lozinka salasana losenord adgangskode passord heslo jelszo sifre parool
		slaptazodis geslo zaporka fjalekalimi matkhau katasandi sandi lykilord cyfrinair pasahitza
		пароль пароля паролі 密码 密碼 口令 パスワード 暗証番号 비밀번호 암호 סיסמה סיסמא रहस्यपद पासवर्ड รหัสผ่าน κωδικοσ κωδικός كلمةالمرور كلمةالسر`,
	classSecret: `secret psk wpa token credential cred apikey jwt bearer authorization authtoken accesstoken privatekey secretkey accesskey clientsecret
		sas keytab mnemonic seedphrase geheimnis geheim secreto segredo segreto hemmelighet salaisuus tajemnica jeton clavesecreta
		apisecret signingsecret webhooksecret refreshtoken idtoken sessiontoken csrftoken xsrftoken connectionsecret otpauth
		токен секрет 令牌 密钥 密鑰 秘钥 秘密鍵 秘密 トークン 토큰 시크릿 رمز`,
	classSoftSecret: `auth key session sid signature sig hmac csrf xsrf nonce salt authentication jsessionid phpsessid sessionid aspsessionid
		license licence llave chave chiave schluessel schlussel nyckel klucz cle ключ 钥匙 鍵 キー 키 saml samlresponse assertion ticket challenge verifier pat seed`,
	classPIN:     `otp totp hotp mfa pin puk bestatigungscode verifizierungscode sicherheitscode einmalcode zugangscode cvv cvv2 cvc cvc2 csc cvn cav2 pincode otpcode`,
	classCookie:  `cookie setcookie cookiejar`,
	classEmail:   `email mail emailaddress courriel correo`,
	classPhone:   `phone telephone mobile cellphone cell msisdn tel fax phonenumber mobilenumber telefono telefon telefone telefonnummer mobilnummer mobiltelefon cellulare puhelin celular movil portable rufnummer callerid handy handynummer whatsapp 电话 電話 手机 전화 телефон`,
	classCard:    `card creditcard debitcard cardnumber ccnumber ccnum ccn cc pan karte tarjeta`,
	classAccount: `iban bban accountnumber routingnumber aba sortcode kontonummer clabe numerocuenta cuentabancaria bankkonto rib`,
	classNationalID: `ssn sin nino dni nie nif cif cpf cnpj rut curp rfc nir insee aadhaar aadhar pesel bsn cnp egn oib tin itin ein steuerid personnummer
		cpr hetu rrn documento tckn nric hkid codicefiscale steuernummer sozialversicherungsnummer amka ahv avs niss nhs medicare mrn cedula tfn cuit cuil svnr vin nina snils inn cccd ktp nik uidai identifikationsnummer ausweisnummer personalausweis ahvnummer avsnummer
		rvnr burgerservicenummer sofinummer cprnummer henkilotunnus sotu fodselsnummer samordningsnummer personenkennziffer steueridentifikationsnummer idnr
		versicherungsnummer rentenversicherungsnummer jmbg emso embg rodnecislo adoszam tajszam szemelyiszam vergi tckimlikno tckimlik kimlikno kennitala isikukood
		asmenskodas personaskods ppsn utr nrn rijksregisternummer numeronational jumin juminbeonho  shenfenzheng shenfenzhenghao mynumber kojinbango
		ktpnik philsys umid philhealth pagibig aadhaarnumber npwp mykad bvn sanid idnumber teudatzehut emiratesid iqama cadunico titulodeeleitor
		voterid usci ssnlast nuit matricula securitesociale numerodesecuritesociale sozialversicherung 身份证 身份证号 身份證 マイナンバー 個人番号 주민등록번호 주민번호 `,
	classPassport: `passport passportnumber passportno reisepass reisepassnummer passnummer pasaporte passeport passaporto passaporte paszport paspoort 护照 護照 パスポート 여권 паспорт`,
	classLicense:  `driverslicense driverlicense drivinglicense drivinglicence fuhrerschein fuehrerschein rijbewijs korkort permisconducir cnh prawojazdy`,
	classIMEI:     `imei imsi iccid meid idfa idfv gaid aaid androidid advertisingid`,
	classBirth: `dob birthdate birthday dateofbirth birth geburtsdatum geburtstag geburt born bday yob naissance nacimiento nascimento nascita geboortedatum geboren fodselsdato
		fodelsedatum syntymaaika urodzenia narozeni dogumtarihi 生年月日 出生日期 생년월일`,
	className: `firstname lastname fullname surname givenname familyname forename middlename maidenname nickname username realname logname vorname nachname apellido apellidos prenom cognome nazwisko sobrenome
		familienname benutzername nutzername voornaam achternaam fornavn efternavn fornamn efternamn etternavn etunimi sukunimi keresztnev vezeteknev jmeno prijmeni imie soyad soyadi 姓 名前 이름 氏名`,
	classPerson:   `displayname author assignee owner reporter recipient attendee sender creator customer patient employee passenger cardholder beneficiary contact approver reviewer manager requester guest member user participant signatory tenant borrower insured payer payee shipper consignee invitee organizer nombre имя 姓名 utente usuario utilisateur holder`,
	classAddress:  `address addr street adresse direccion endereco indirizzo anschrift strasse rua calle addressline streetaddress homeaddress domicilio residence wohnort wohnadresse woonadres bostadsadress adres osoite lakcim bydliste 住所 地址 адрес`,
	classPostcode: `zip zipcode postcode postalcode plz`,
	classGeo:      `lat latitude lon lng longitude`,
	classPlace:    `location coordinate coord ll latlng latlon latlong lnglat gps geolocation geopoint geo`,
	classIP:       `ip ipaddress ipaddr clientip remoteaddr xff ipv4 ipv6`,
	classMAC:      `mac macaddress macaddr hwaddr bssid`,
	classHost:     `hostname computername machinename computer workstation netbios`,
	classDevice:   `host machine nodename devicename`,
	classError:    `error err exception exc stack stacktrace traceback backtrace stderr errormessage errmsg`,
	classID: `id uuid guid ulid ref hash sha sha1 sha256 sha512 md5 digest checksum etag integrity commit revision rev cursor continuation sequence seq fingerprint crc identifier handle nr serial
		isbn issn ean upc gtin asin barcode sku tracking invoice order arn urn`,
	classVersion:   `version ver build release useragent sdk firmware agent driver semver python nodejs golang dotnet runtime kernel range`,
	classRoute:     `url uri href link route endpoint referrer referer page pathname permalink`,
	classNumberish: `number no num nbr numero nummer`,
})

// qualified are generic nouns that need the word before them, or two.
var qualified = map[string]map[string]class{
	"key": vocabulary(map[class]string{
		classSecret: `api access secret private priv signing sign encryption encrypt decryption crypto cipher aes rsa dsa ecdsa ed25519 ssh pgp gpg tls ssl hmac
			master root admin account storage write read deploy deployment service shared session app application consumer client server auth
			authentication authorization webhook bot ingest ingestion insert integration user personal subscription partner merchant function developer product
			vapid wallet jwt token maps map cert certificate license licence activation provisioning vault sas host publish rest platform
			openai anthropic aws azure gcp google github gitlab bitbucket stripe twilio sendgrid mailgun mailchimp datadog dd newrelic sentry posthog
			mixpanel amplitude langfuse huggingface hf cohere mistral groq deepseek pinecone slack discord telegram notion airtable hubspot
			algolia mapbox cloudflare heroku openrouter elevenlabs gemini perplexity replicate tavily serp serpapi weaviate qdrant supabase firebase fcm
			bigquery snowflake databricks redshift kafka redis mongo mongodb postgres mysql braintree adyen square paypal razorpay plaid`,
		classPlain: `primary foreign sort partition hash range row cache object group index composite natural surrogate public dedupe dedup idempotency
			translation i18n locale message msg label lookup shortcut hot keyboard arrow routing registry feature flag config setting option param
			parameter metric series field column property meta json dict react list item tab menu style css theme s3 state namespace event entity`,
	}),
	"code": vocabulary(map[class]string{
		classPIN:        `otp mfa totp 2fa fa tfa factor verification verify security recovery backup access pin sms confirmation login signin onetime time reset activation unlock pairing door gate passcode cvv cvc`,
		classSecret:     `auth authorization oauth grant device`,
		classNationalID: `tax fiscal`,
		classAccount:    `sort`,
		classPostcode:   `zip post postal`,
		classPlain: `error err exit status http response country language lang currency promo coupon product source event reason result state region area airport
			color colour qr bar discount referral`,
	}),
	"number": numbers, "no": numbers, "num": numbers, "nbr": numbers, "nr": numbers, "numero": numbers, "nummer": numbers,
	"id": vocabulary(map[class]string{
		classNationalID: `national tax taxpayer government govt voter identity fiscal citizen civil personal medicare steuer vat resident`,
		classPassport:   `passport`,
		classSecret:     `accesskey`,
		classSoftSecret: `secret`,
		classIMEI:       `imei advertising android`,
		classLicense:    `license licence`,
		classPhone:      `caller`,
		className:       `skype telegram discord apple steam xbox psn`,
		classAccount:    `insurance policyholder iban`,
	}),
	"name": vocabulary(map[class]string{
		className: `first last full given family sur middle maiden nick real billing shipping customer cardholder holder contact user login screen
			author employee patient recipient sender owner guest member passenger student legal mother father spouse client person assignee
			attendee buyer seller beneficiary card emergency kid child partner lead applicant candidate subscriber profile traits me`,
		classPerson:  `display`,
		classHost:    `host computer machine pc workstation netbios`,
		classAddress: `street road`,
		classDevice:  `device node phone`,
	}),
	"address": vocabulary(map[class]string{
		classEmail: `email mail`,
		classIP:    `ip remote peer client source dest destination forwarded ipv4 ipv6 bind listen local server`,
		classMAC:   `mac hardware ethernet wifi physical bluetooth`,
		classPlain: `wallet contract memory base bus`,
	}),
	"addr": vocabulary(map[class]string{
		classIP:    `ip remote peer client source dest destination forwarded ipv4 ipv6 bind listen local server`,
		classMAC:   `mac hardware hw ethernet`,
		classEmail: `email mail`,
	}),
	"date": births, "year": births, "month": births, "day": births, "place": births,
	"plate":        vocabulary(map[class]string{classLicense: `license licence number vehicle registration`}),
	"by":           vocabulary(map[class]string{classPerson: `created updated modified assigned approved submitted uploaded requested owned reviewed edited deleted invited`}),
	"line1":        vocabulary(map[class]string{classAddress: `address street addr billing shipping delivery mailing home invoice`}),
	"line2":        vocabulary(map[class]string{classAddress: `address street addr billing shipping delivery mailing home invoice`}),
	"line":         vocabulary(map[class]string{classAddress: `address street addr billing shipping delivery mailing home invoice`}),
	"1":            vocabulary(map[class]string{classAddress: `line`}),
	"answer":       vocabulary(map[class]string{classPassword: `security secret recovery`}),
	"phrase":       vocabulary(map[class]string{classPassword: `pass seed recovery secret mnemonic backup`}),
	"word":         vocabulary(map[class]string{classPassword: `pass seed recovery mnemonic`}),
	"passe":        vocabulary(map[class]string{classPassword: `de`}),
	"khau":         vocabulary(map[class]string{classPassword: `mat`}),
	"secrete":      vocabulary(map[class]string{classSecret: `cle`}),
	"secreta":      vocabulary(map[class]string{classSecret: `clave chave`}),
	"api":          vocabulary(map[class]string{classSecret: `cle clave chave llave klucz schlussel schluessel chiave nyckel secret`}),
	"acceso":       vocabulary(map[class]string{classPassword: `clave`, classSecret: `token de`}),
	"license":      vocabulary(map[class]string{classLicense: `driver drivers driving dl`}),
	"licence":      vocabulary(map[class]string{classLicense: `driver drivers driving dl`}),
	"sociale":      vocabulary(map[class]string{classNationalID: `securite`}),
	"fiscale":      vocabulary(map[class]string{classNationalID: `codice`}),
	"card":         vocabulary(map[class]string{classNationalID: `pan id identity national aadhaar`}),
	"first":        vocabulary(map[class]string{className: `name`}),
	"last":         vocabulary(map[class]string{className: `name`}),
	"full":         vocabulary(map[class]string{className: `name`}),
	"birth":        vocabulary(map[class]string{classBirth: `of`}),
	"on":           births,
	"famille":      vocabulary(map[class]string{className: `de nom`}),
	"holder":       vocabulary(map[class]string{classPerson: `account card policy of license licence ticket`}),
	"acces":        vocabulary(map[class]string{classSecret: `jeton cle d`, classPassword: `code`}),
	"acesso":       vocabulary(map[class]string{classSecret: `token chave de`, classPassword: `senha codigo`}),
	"accesso":      vocabulary(map[class]string{classSecret: `token chiave di`}),
	"kimlik":       vocabulary(map[class]string{classNationalID: `tc`}),
	"cislo":        vocabulary(map[class]string{classNationalID: `rodne`, classPhone: `telefonni`, classAccount: `uctu`}),
	"kod":          vocabulary(map[class]string{classPostcode: `pocztowy`, classNationalID: `asmens`}),
	"postal":       vocabulary(map[class]string{classPostcode: `code codigo`}),
	"nacimiento":   vocabulary(map[class]string{classBirth: `fecha de`}),
	"tarihi":       vocabulary(map[class]string{classBirth: `dogum`}),
	"position":     vocabulary(map[class]string{classPlace: `gps geo user map device vehicle driver`}),
	"community":    vocabulary(map[class]string{classSecret: `snmp`}),
	"segreta":      vocabulary(map[class]string{classSecret: `chiave parola`}),
	"postale":      vocabulary(map[class]string{classAddress: `adresse`, classPostcode: `codice`}),
	"as":           vocabulary(map[class]string{className: `in`}),
	"cuenta":       vocabulary(map[class]string{classAccount: `numero`}),
	"registration": vocabulary(map[class]string{classLicense: `vehicle car`}),
	"login":        vocabulary(map[class]string{className: `user account owner actor author github`}),
	"seed":         vocabulary(map[class]string{classSecret: `totp otp mfa hd wallet hotp twofactor 2fa recovery mnemonic`, classPlain: `random rng model noise sampling`}),
	"for":          vocabulary(map[class]string{classIP: `forwarded`}),
	"token": vocabulary(map[class]string{classPIN: `mfa otp totp sms`, classPlain: `page next continuation cursor continue sync stop start eos bos pad unk mask special max min prompt completion input output
		total cached reasoning num n avg used remaining budget resume per first last delta`}),
	"pat":     vocabulary(map[class]string{classSecret: `github gitlab azure databricks devops ado bitbucket personal docker airtable snowflake git npm`}),
	"cookie":  vocabulary(map[class]string{classPlain: `accept accepts`}),
	"session": vocabulary(map[class]string{classSoftSecret: `auth login user web`, classPlain: `ga analytics`}),
	"owner":   vocabulary(map[class]string{className: `process`, classPlain: `code repo package`}),
	"account": vocabulary(map[class]string{classAccount: `bank checking savings giro deposit`}),
	"message": failures, "msg": failures, "text": failures, "detail": failures, "description": failures, "reason": failures, "info": failures, "trace": failures, "log": failures,
	"location": vocabulary(map[class]string{classRoute: `page window document request redirect http`}),
	"string":   vocabulary(map[class]string{classDSN: `connection conn`}),
	"url":      vocabulary(map[class]string{classSoftSecret: `webhook`}),
}

var births = vocabulary(map[class]string{classBirth: `birth born naissance`})

var numbers = vocabulary(map[class]string{
	classCard:     `card credit debit pan cc creditcard`,
	classPhone:    `phone mobile cell tel telephone fax contact whatsapp msisdn`,
	classAccount:  `account acct bank routing iban aba`,
	classPassport: `passport visa`,
	classLicense:  `plate license licence driver drivers driving dl permit`,
	classNationalID: `ssn social security insurance national tax taxpayer identity identification personal citizen civil nhs medicare health sv rv document steuer fiscal aadhaar aadhar my voter resident registration vat patient record tfn cnh
		sin cpr bsn ahv avs nie dni curp pps ppsn ird emirates  secu`,
	classIMEI: `imei`,
	classPIN:  `pin`,
})

var failures = vocabulary(map[class]string{classError: `error err exception exc failure fail panic crash fault stack stderr traceback rejection`})

// descriptors as last word say that the key is about a sensitive thing, not the
// thing: token_count, password_policy, email_verified.
var descriptors = wordSet(`count counts total totals used usage length len size type types kind kinds status state states enabled disabled ttl provider
	providers method methods policy policies strength scope scopes clicked expiry expires expiration expire age days hours minutes seconds ms us ns
	sec secs min mins hour day week month year date at on time timestamp duration latency rate rates ratio percent pct limit limits max avg mean sum
	mode modes format source origin template required optional valid invalid visible hidden placeholder shown present missing exists match matches mismatch
	rotation attempts attempt failures failure errors success requests calls events engine backend store manager consent banner
	layout shortcut navigation role roles group groups category index idx offset order rank level tier budget bucket window balance permission permissions
	grant allowed denied support available availability config settings option options flag flags feature features label title description desc help
	doc docs path file filename dir ref arn alias prefix suffix last4 brand issuer network country currency locale language audience algorithm alg
	curve bits entropy score check checks button form screen view modal dialog prompt icon component module handler helper util
	tests spec validator validation parser generator middleware guard hook plugin extension tool step stage phase model counter meter metric metrics
	tokenizer splitter price cost fee amount quantity qty today yesterday second minute reset replay change changes changer request
	frequency interval timeout retries version versions service server name names domain family engine manager agent preference preferences
	book plan program taken wins won cap capacity quota rule rules schema class classes template templates set sets`)

// noise as last word says nothing: the word before decides.
var noise = wordSet(`value values val raw plain plaintext text string str data current new old prev previous repeat again confirm confirmation confirmed encoded
	encrypted b64 base64 hex json default override prod production dev development staging test testing live sandbox local main header field
	input param parameter arg argument var env variable hash hashed digest content body payload item entry material full result
	original legacy classic fine personal tmp temp temporary pem pfx p12 jks primary secondary backup fallback v x my the our`)

// aboutFlags as first word make a yes-or-no key, or a count, of the rest.
var aboutFlags = wordSet(`is has have had should can could needs need requires require uses use allow allows accept accepts show shows enable enables
	disable supports was were will did does do without max min num total count avg`)

// statusWords are values that say how things stand, whatever the key.
var statusWords = wordSet(`true false yes no on off none null nil undefined unknown empty unset set ok okay pass passed fail failed error success default auto automatic
	manual required optional enabled disabled enable disable active inactive valid invalid expired missing present absent granted denied pending
	verified unverified public private internal external global local remote any all both other others self system guest anonymous admin user users
	read write readwrite rw ro env environment vault keychain keyring keystore file files config configured unconfigured database db memory cache redis ldap oauth oauth2
	oidc saml sso jwt bearer basic digest apikey api_key token password passkey magic_link email sms phone google github gitlab microsoft
	apple facebook okta azure aws gcp rejected declined changed created updated deleted removed added rotated refreshed revoked reset
	not is was are be has have had must should cannot can could may will would did does do the an and or for from with without in at to of
	by as if then than when while during before after again already too very only just also but failed mismatch
	authentication authorization authenticated unauthorized forbidden found header field parameter value values provided given
	string number boolean object array integer float int bool bytes str strong weak fair good low medium high redacted masked hidden filtered
	omitted removed placeholder example changeme same-origin include omit community secret secrets testing production staging development n/a na tbd todo sensitive`)

func vocabulary(m map[class]string) map[string]class {
	out := make(map[string]class)
	for c, list := range m {
		for _, w := range strings.Fields(list) {
			if _, twice := out[w]; twice {
				panic("sanitize: " + w + " is in two classes")
			}
			out[w] = c
		}
	}
	return out
}

func wordSet(list string) map[string]bool {
	out := make(map[string]bool)
	for _, w := range strings.Fields(list) {
		out[w] = true
	}
	return out
}
