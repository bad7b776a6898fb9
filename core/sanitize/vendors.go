package sanitize

// vendor is the format of a token that says what it is: a prefix, then at least min
// bytes of an alphabet. Formats are those the vendors document or their secret
// scanning partners publish; min is a little under the real length, so that tokens
// cut short are found.
type vendor struct {
	prefix string
	kind   string
	set    alphabet
	min    int
}

type alphabet uint16

const (
	setHex    alphabet = 1 << iota
	setAlnum           // letters and digits
	setWord            // and _ -
	setDotted          // and . too
	setBase64          // letters, digits, + / =
	setUpper           // upper case and digits
	setAny             // anything but space, quotes and brackets
	setCrypt           // and commas, as in password hashes
	setUUID            // hex digits and dashes, in the groups of a UUID
)

var alphabets = func() (t [256]alphabet) {
	for c := range 256 {
		b := byte(c)
		digit, up, low := isDigit(b), b-'A' < 26, b-'a' < 26
		if digit || lower(b)-'a' < 6 {
			t[c] |= setHex | setUUID
		}
		if digit || up || low {
			t[c] |= setAlnum | setWord | setDotted | setBase64
		}
		if digit || up {
			t[c] |= setUpper
		}
		switch b {
		case '_', '-':
			t[c] |= setWord | setDotted
			if b == '-' {
				t[c] |= setUUID
			}
		case '.', '~':
			t[c] |= setDotted
		case '+', '/', '=':
			t[c] |= setBase64
		}
		if b > ' ' && b != '"' && b != '\'' && b != '`' && b != '<' && b != '>' && b != '{' && b != '}' && b != '[' && b != ']' && b != '(' && b != ')' &&
			b != '\\' && b != ',' && b != ';' && b != '|' {
			t[c] |= setAny | setCrypt
		}
		if b == ',' {
			t[c] |= setCrypt
		}
	}
	return t
}()

// run returns the index after the bytes of set that start at s[i].
func run(s string, i int, set alphabet) int {
	for i < len(s) && alphabets[s[i]]&set != 0 {
		i++
	}
	return i
}

var vendors = []vendor{
	// Model providers.
	{"sk-ant-", kindAPIKey, setWord, 20}, {"sk-proj-", kindAPIKey, setWord, 20}, {"sk-svcacct-", kindAPIKey, setWord, 20},
	{"sk-admin-", kindAPIKey, setWord, 20}, {"sk-or-", kindAPIKey, setWord, 20}, {"sk-lf-", kindAPIKey, setWord, 20},
	{"sk-", kindAPIKey, setWord, 20}, {"sess-", kindAPIKey, setAlnum, 32}, {"hf_", kindAPIKey, setAlnum, 24}, {"api_org_", kindAPIKey, setAlnum, 24},
	{"r8_", kindAPIKey, setAlnum, 30}, {"gsk_", kindAPIKey, setAlnum, 30}, {"pplx-", kindAPIKey, setAlnum, 30}, {"xai-", kindAPIKey, setAlnum, 30},
	{"nvapi-", kindAPIKey, setWord, 30}, {"fw_", kindAPIKey, setAlnum, 20}, {"csk-", kindAPIKey, setAlnum, 24}, {"pa-", kindAPIKey, setWord, 38},
	{"jina_", kindAPIKey, setWord, 30}, {"tvly-", kindAPIKey, setWord, 20}, {"fc-", kindAPIKey, setHex, 30}, {"e2b_", kindAPIKey, setHex, 30},
	{"pcsk_", kindAPIKey, setWord, 30}, {"lsv2_", kindAPIKey, setWord, 30}, {"ls__", kindAPIKey, setHex, 30}, {"rpa_", kindAPIKey, setUpper | setAlnum, 30},
	{"esecret_", kindAPIKey, setAlnum, 20}, {"sk_", kindAPIKey, setAlnum, 24}, {"AstraCS:", kindToken, setWord | setDotted | setAny, 30},
	{"wandb_v1_", kindAPIKey, setWord, 30}, {"bce-v3/", kindAPIKey, setAny, 30},
	// Clouds.
	{"AKIA", kindAPIKey, setUpper, 14}, {"ASIA", kindAPIKey, setUpper, 14}, {"ABIA", kindAPIKey, setUpper, 14}, {"ACCA", kindAPIKey, setUpper, 14},
	{"AROA", kindAPIKey, setUpper, 14}, {"AIDA", kindAPIKey, setUpper, 14}, {"AGPA", kindAPIKey, setUpper, 14}, {"ABSK", kindAPIKey, setBase64, 60},
	{"IQoJb3JpZ2lu", kindToken, setBase64, 40}, {"FwoGZXIvYXdz", kindToken, setBase64, 40}, {"FQoGZXIvYXdz", kindToken, setBase64, 40},
	{"amzn.mws.", kindToken, setWord, 30}, {"AIza", kindAPIKey, setWord, 30}, {"ya29.", kindToken, setDotted, 20}, {"1//0", kindToken, setWord, 20},
	{"GOCSPX-", kindSecret, setWord, 20}, {"LTAI", kindAPIKey, setAlnum, 12}, {"AKID", kindAPIKey, setAlnum, 24}, {"SCW", kindAPIKey, setUpper, 17},
	{"dop_v1_", kindToken, setHex, 40}, {"doo_v1_", kindToken, setHex, 40}, {"dor_v1_", kindToken, setHex, 40}, {"hvs.", kindToken, setWord, 20},
	{"hvb.", kindToken, setWord, 20}, {"hvr.", kindToken, setWord, 20}, {"v1.0-", kindToken, setWord, 80}, {"fo1_", kindToken, setWord, 30},
	{"fm1_", kindToken, setBase64 | setWord, 30}, {"fm2_", kindToken, setBase64 | setWord, 30}, {"HRKU-", kindAPIKey, setWord, 30},
	{"tskey-", kindAPIKey, setWord, 20}, {"pscale_tkn_", kindToken, setDotted, 30}, {"pscale_pw_", kindPassword, setDotted, 30},
	{"pscale_oauth_", kindToken, setDotted, 30}, {"napi_", kindAPIKey, setAlnum, 30}, {"sbp_", kindToken, setAlnum, 30}, {"sb_secret_", kindAPIKey, setWord, 20},
	{"nfp_", kindToken, setAlnum, 30}, {"rnd_", kindAPIKey, setAlnum, 24}, {"dapi", kindToken, setHex | setWord, 30}, {"dkea", kindToken, setHex, 30},
	{"dose", kindToken, setHex, 30}, {"ocid1.credential.", kindToken, setDotted, 20}, {"t1.9eu", kindToken, setDotted, 30}, {"AQVN", kindAPIKey, setWord, 34},
	{"y0_", kindToken, setWord, 40}, {"vercel_", kindToken, setAlnum, 20}, {"vcp_", kindToken, setAlnum, 24}, {"ovh_", kindToken, setAlnum, 30},
	{"CCIPAT_", kindToken, setWord, 30}, {"CCIPRJ_", kindToken, setWord, 30},
	// Code, packages, delivery.
	{"ghp_", kindToken, setAlnum, 30}, {"gho_", kindToken, setAlnum, 30}, {"ghu_", kindToken, setAlnum, 30}, {"ghs_", kindToken, setDotted, 30},
	{"ghr_", kindToken, setAlnum, 30}, {"github_pat_", kindToken, setWord, 36}, {"glpat-", kindToken, setDotted, 18}, {"gldt-", kindToken, setDotted, 18},
	{"glrt-", kindToken, setDotted, 18}, {"glcbt-", kindToken, setDotted, 18}, {"glptt-", kindToken, setDotted, 18}, {"glft-", kindToken, setDotted, 18},
	{"glimt-", kindToken, setDotted, 18}, {"glagent-", kindToken, setDotted, 18}, {"gloas-", kindSecret, setDotted, 18}, {"glsoat-", kindToken, setDotted, 18},
	{"glffct-", kindToken, setDotted, 18}, {"GR1348941", kindToken, setWord, 18}, {"ATATT3", kindToken, setWord | setBase64, 40},
	{"ATCTT3", kindToken, setWord | setBase64, 40}, {"ATBB", kindToken, setAlnum, 28}, {"npm_", kindToken, setAlnum, 30}, {"pypi-", kindToken, setWord, 40},
	{"rubygems_", kindAPIKey, setHex, 40}, {"oy2", kindAPIKey, setAlnum, 43}, {"CLOJARS_", kindToken, setAlnum, 50}, {"cio", kindToken, setAlnum, 32},
	{"dckr_pat_", kindToken, setWord, 20}, {"dckr_oat_", kindToken, setWord, 20}, {"AKCp", kindAPIKey, setAlnum, 60}, {"cmVmdGtu", kindToken, setAlnum, 50},
	{"sgp_", kindToken, setAlnum | setWord, 30}, {"squ_", kindToken, setHex, 36}, {"sqp_", kindToken, setHex, 36}, {"sqa_", kindToken, setHex, 36},
	{"pul-", kindToken, setHex, 36}, {"dp.pt.", kindToken, setAlnum, 36}, {"dp.st.", kindToken, setDotted, 36}, {"dp.ct.", kindToken, setAlnum, 36},
	{"dp.sa.", kindToken, setAlnum, 36}, {"dp.scim.", kindToken, setAlnum, 36}, {"ops_eyJ", kindToken, setWord | setBase64, 60}, {"A3-", kindSecret, setWord, 30},
	{"AGE-SECRET-KEY-1", kindPrivateKey, setUpper, 50}, {"infisical_", kindToken, setDotted, 20}, {"bkua_", kindToken, setAlnum, 36}, {"lip_", kindToken, setAlnum, 30},
	// Messages.
	{"xoxb-", kindToken, setWord, 20}, {"xoxp-", kindToken, setWord, 20}, {"xoxa-", kindToken, setWord, 20}, {"xoxr-", kindToken, setWord, 20},
	{"xoxs-", kindToken, setWord, 20}, {"xoxo-", kindToken, setWord, 20}, {"xoxe-", kindToken, setWord, 20}, {"xoxe.", kindToken, setDotted, 20},
	{"xoxc-", kindToken, setWord, 20}, {"xoxd-", kindToken, setAny, 20}, {"xapp-", kindToken, setWord, 20}, {"xwfp-", kindToken, setWord, 20},
	{"SG.", kindAPIKey, setDotted, 40}, {"xkeysib-", kindAPIKey, setWord, 40}, {"xsmtpsib-", kindAPIKey, setWord, 40}, {"key-", kindAPIKey, setHex, 30},
	{"re_", kindAPIKey, setWord, 24}, {"mlsn.", kindAPIKey, setHex, 50}, {"md-", kindAPIKey, setWord, 22}, {"SK", kindAPIKey, setHex, 30},
	{"PMAK-", kindAPIKey, setWord, 40}, {"syt_", kindToken, setWord, 20}, {"mfa.", kindToken, setWord, 60},
	// Payments and shops.
	{"sk_live_", kindAPIKey, setAlnum, 16}, {"sk_test_", kindAPIKey, setAlnum, 16}, {"rk_live_", kindAPIKey, setAlnum, 16}, {"rk_test_", kindAPIKey, setAlnum, 16},
	{"sk_prod_", kindAPIKey, setAlnum, 16}, {"whsec_", kindSecret, setBase64 | setAlnum, 20}, {"rzp_live_", kindAPIKey, setAlnum, 14},
	{"rzp_test_", kindAPIKey, setAlnum, 14}, {"sq0atp-", kindToken, setWord, 20}, {"sq0csp-", kindSecret, setWord, 20}, {"EAAA", kindToken, setWord, 56},
	{"EAAC", kindToken, setAlnum, 60}, {"EAAB", kindToken, setAlnum, 60}, {"EAAG", kindToken, setAlnum, 60}, {"EAAM", kindToken, setAlnum, 60},
	{"shpat_", kindToken, setHex, 28}, {"shpss_", kindSecret, setHex, 28}, {"shpca_", kindToken, setHex, 28}, {"shppa_", kindToken, setHex, 28},
	{"access_token$production$", kindToken, setAny, 30}, {"access_token$sandbox$", kindToken, setAny, 30}, {"FLWSECK", kindAPIKey, setWord, 16},
	{"EZAK", kindAPIKey, setAlnum, 50}, {"EZTK", kindAPIKey, setAlnum, 50}, {"duffel_", kindToken, setWord, 40}, {"shippo_", kindToken, setWord, 40},
	{"live_", kindAPIKey, setWord, 28}, {"test_", kindAPIKey, setWord, 28}, {"AQE", kindAPIKey, setBase64, 60}, {"access-production-", kindToken, setWord, 30},
	{"access-sandbox-", kindToken, setWord, 30}, {"access-development-", kindToken, setWord, 30}, {"pplk_", kindAPIKey, setAlnum, 20},
	// Observability and analytics.
	{"phx_", kindAPIKey, setAlnum, 30}, {"phs_", kindAPIKey, setAlnum, 30}, {"glsa_", kindToken, setWord, 30}, {"glc_", kindToken, setBase64 | setWord, 30},
	{"NRAK-", kindAPIKey, setAlnum, 20}, {"NRII-", kindAPIKey, setWord, 20}, {"NRIQ-", kindAPIKey, setWord, 20}, {"NRRA-", kindAPIKey, setHex, 30},
	{"NRJS-", kindAPIKey, setHex, 18}, {"NRSP-", kindAPIKey, setWord, 20}, {"sntrys_", kindToken, setBase64 | setWord, 30},
	{"sntryu_", kindToken, setHex, 40}, {"sntryi_", kindToken, setHex, 40}, {"hcaik_", kindAPIKey, setAlnum, 30}, {"hcaic_", kindAPIKey, setAlnum, 30},
	{"hcbik_", kindAPIKey, setAlnum, 30}, {"ddp_", kindToken, setAlnum, 30}, {"ddapp_", kindToken, setAlnum, 30}, {"dt0c01.", kindToken, setDotted, 40},
	{"dt0s01.", kindToken, setDotted, 30}, {"dt0s16.", kindToken, setDotted, 30}, {"essu_", kindAPIKey, setBase64 | setWord, 30},
	{"logfire_", kindToken, setWord, 30}, {"pylf_v1_", kindToken, setWord, 30},
	// Work.
	{"lin_api_", kindAPIKey, setAlnum, 30}, {"lin_oauth_", kindToken, setAlnum, 30}, {"ntn_", kindToken, setAlnum, 30}, {"secret_", kindToken, setAlnum, 36},
	{"figd_", kindToken, setWord, 30}, {"pat-na1-", kindToken, setWord, 30}, {"pat-eu1-", kindToken, setWord, 30}, {"pat", kindToken, setDotted, 70},
	{"CFPAT-", kindToken, setWord, 36}, {"rdme_", kindAPIKey, setAlnum, 60}, {"sl.", kindToken, setWord, 120}, {"dG9rO", kindToken, setBase64, 40},
	{"PRIVATE-", kindToken, setHex, 30}, {"secret-live-", kindSecret, setWord, 20}, {"secret-test-", kindSecret, setWord, 20}, {"secret-", kindAPIKey, setAlnum, 36},
	{"frp_", kindToken, setWord, 30}, {"fio-u-", kindToken, setWord, 50}, {"tfp_", kindToken, setWord, 40}, {"xau_", kindToken, setWord, 40},
	{"oaat_", kindToken, setWord, 30}, {".atlasv1.", kindToken, setWord, 30}, {"aio_", kindAPIKey, setAlnum, 26}, {"pnu_", kindToken, setAlnum, 30},
	{"ion_", kindToken, setAlnum, 38}, {"p8e-", kindToken, setAlnum, 28}, {"ubi_", kindToken, setAlnum, 30}, {"kgat_", kindToken, setHex, 28}, {"KGAT_", kindToken, setHex, 28},
	{"apify_api_", kindToken, setAlnum, 30}, {"pk.eyJ1Ijoi", kindToken, setDotted, 40}, {"sk.eyJ1Ijoi", kindToken, setDotted, 40}, {"hooks.slack.com/services/", kindWebhook, setAny, 20},
	{"hooks.slack.com/workflows/", kindWebhook, setAny, 20}, {"hooks.slack.com/triggers/", kindWebhook, setAny, 20}, {"discord.com/api/webhooks/", kindWebhook, setAny, 40},
	{"discordapp.com/api/webhooks/", kindWebhook, setAny, 40}, {"webhook.office.com/webhookb2/", kindWebhook, setAny, 40},
	{"hooks.zapier.com/hooks/catch/", kindWebhook, setAny, 8}, {"hook.eu1.make.com/", kindWebhook, setAny, 20}, {"hook.us1.make.com/", kindWebhook, setAny, 20},
	{"maker.ifttt.com/trigger/", kindWebhook, setAny, 20}, {"chat.googleapis.com/v1/spaces/", kindWebhook, setAny, 40},
	{"api.telegram.org/bot", kindWebhook, setAny, 30}, {"outlook.office.com/webhook/", kindWebhook, setAny, 40}, {"logic.azure.com/workflows/", kindWebhook, setAny, 40},
	{"b3BlbnNzaC1rZXktdjE", kindPrivateKey, setBase64, 40}, {"MIIEvQIBADAN", kindPrivateKey, setBase64, 40}, {"MIIEvgIBADAN", kindPrivateKey, setBase64, 40},
	{"MIIEowIBAAK", kindPrivateKey, setBase64, 40}, {"MIIEpAIBAAK", kindPrivateKey, setBase64, 40}, {"MIIEpQIBAAK", kindPrivateKey, setBase64, 40},
	{"MIGHAgEAMBMG", kindPrivateKey, setBase64, 40}, {"MC4CAQAwBQYDK2Vw", kindPrivateKey, setBase64, 20}, {"MHcCAQEEI", kindPrivateKey, setBase64, 40},
	{"$2a$", kindPassword, setAny, 40}, {"$2b$", kindPassword, setAny, 40}, {"$2y$", kindPassword, setAny, 40}, {"$argon2", kindPassword, setCrypt, 40},
	{"$5$", kindPassword, setAny, 40}, {"$6$", kindPassword, setAny, 60}, {"$apr1$", kindPassword, setAny, 24}, {"$scrypt$", kindPassword, setAny, 30},
	{"pbkdf2_sha256$", kindPassword, setAny, 30}, {"{SSHA}", kindPassword, setBase64, 24}, {"{SSHA512}", kindPassword, setBase64, 40},
	{":AA", kindToken, setWord, 30}, // Telegram: digits before the colon, checked by the verifier
	{"APA91b", kindToken, setWord, 60},
	// Younger and rarer formats.
	{"!AQ", kindToken, setDotted, 60}, {"sha256~", kindToken, setWord, 40}, {"pat.", kindToken, setDotted, 60}, {"ATTA", kindToken, setHex, 60}, {"zpka_", kindAPIKey, setWord, 30},
	{"tr_prod_", kindAPIKey, setAlnum, 16}, {"tr_dev_", kindAPIKey, setAlnum, 16}, {"tr_stg_", kindAPIKey, setAlnum, 16}, {"signkey-", kindSecret, setWord, 30},
	{"v1.local.", kindToken, setDotted, 40}, {"v2.local.", kindToken, setDotted, 40}, {"v3.local.", kindToken, setDotted, 40}, {"v4.local.", kindToken, setDotted, 40},
	{"v1.public.", kindToken, setDotted, 40}, {"v2.public.", kindToken, setDotted, 40}, {"v3.public.", kindToken, setDotted, 40}, {"v4.public.", kindToken, setDotted, 40},
	{"django-insecure-", kindSecret, setAny, 40}, {"SWMTKN-", kindToken, setWord, 50}, {"pk_prod_", kindAPIKey, setAlnum, 20}, {"dk_prod_", kindAPIKey, setAlnum, 20},
	{"pk_test_", kindAPIKey, setUpper, 28}, {"os_v2_", kindAPIKey, setWord, 60}, {"ico-", kindAPIKey, setAlnum, 30}, {"tgp_v1_", kindAPIKey, setWord, 36},
	{"API-", kindAPIKey, setUpper, 24}, {"tk-us-", kindToken, setWord, 40}, {"tk-eu-", kindToken, setWord, 40}, {"eyJrIjoi", kindAPIKey, setBase64, 56},
	{"AQ.Ab", kindAPIKey, setWord, 40}, {"cfut_", kindToken, setWord, 30}, {"cfat_", kindToken, setWord, 30},
	{"cfk_", kindAPIKey, setWord, 30}, {"polar_oat_", kindToken, setWord, 30}, {"polar_pat_", kindToken, setWord, 30}, {"pnb_", kindToken, setAlnum, 30},
	{"snyk_uat.", kindToken, setDotted, 30}, {"snyk_sat.", kindToken, setDotted, 30}, {"AKLT", kindAPIKey, setAlnum, 30}, {"figu_", kindToken, setWord, 30},
	{"figo_", kindToken, setWord, 30}, {"nfc_", kindToken, setAlnum, 30}, {"nfu_", kindToken, setAlnum, 30}, {"nfo_", kindToken, setAlnum, 30},
	{"vci_", kindToken, setAlnum, 24}, {"vca_", kindToken, setAlnum, 24}, {"vcr_", kindToken, setAlnum, 24}, {"vck_", kindAPIKey, setAlnum, 24},
	{"dnkey-", kindAPIKey, setWord, 30}, {"ddo_", kindToken, setAlnum, 30}, {"llx-", kindAPIKey, setAlnum, 30}, {"m0-", kindAPIKey, setAlnum, 36},
	{"ctx7sk-", kindAPIKey, setWord, 30}, {"unkey_", kindAPIKey, setAlnum, 20}, {"retool_", kindToken, setWord, 26}, {"rootly_", kindToken, setHex, 40},
	{"seam_", kindAPIKey, setWord, 24}, {"opk_", kindAPIKey, setAlnum, 30}, {"testsk_", kindAPIKey, setAlnum, 24}, {"p.eyJ", kindToken, setDotted, 60},
	{"glrtr-", kindToken, setDotted, 18}, {"glwt-", kindToken, setDotted, 18}, {"gcntfy-", kindToken, setWord, 20}, {"1000.", kindToken, setDotted | setHex, 64},
	{"reftkn", kindToken, setAlnum, 50}, {"cma_", kindToken, setWord, 30}, {"sdk-", kindAPIKey, setUUID, 36}, {"mob-", kindAPIKey, setUUID, 36},
	{"shpua_", kindToken, setHex, 28}, {"shptka_", kindToken, setHex, 28},
	{"hcp_", kindToken, setAlnum, 30}, {"hcxik_", kindAPIKey, setAlnum, 30}, {"hcalk_", kindAPIKey, setAlnum, 30}, {"hcamk_", kindAPIKey, setAlnum, 30},
	{"y1_", kindToken, setWord, 40}, {"y2_", kindToken, setWord, 40}, {"y3_", kindToken, setWord, 40}, {"sk.", kindToken, setDotted, 60},
	{"IGQ", kindToken, setWord, 100}, {"amzn1.oa2-cs.v1.", kindSecret, setHex, 60}, {"EAAJ", kindToken, setAlnum, 60},
	{"ory_at_", kindToken, setDotted, 30}, {"ory_rt_", kindToken, setDotted, 30}, {"ory_pat_", kindToken, setWord, 24},
	{"NRBR-", kindAPIKey, setHex, 18}, {"phe_", kindAPIKey, setAlnum, 30}, {"flb_live_", kindAPIKey, setAlnum, 16},
	{"xprv9", kindPrivateKey, setAlnum, 90}, {"xprvA", kindPrivateKey, setAlnum, 90}, {"$1$", kindPassword, setAny, 24}, {"$8$", kindPassword, setAny, 40}, {"$9$", kindPassword, setAny, 30},
	{"$7$", kindPassword, setAny, 40}, {"$y$", kindPassword, setAny, 40}, {"$gy$", kindPassword, setAny, 40}, {"$P$", kindPassword, setAny, 30}, {"$H$", kindPassword, setAny, 30},
	{"$S$", kindPassword, setAny, 50}, {"$pbkdf2", kindPassword, setAny, 40}, {"pbkdf2:sha", kindPassword, setAny, 40}, {"scrypt:32768:", kindPassword, setAny, 40},
	{"pbkdf2_sha1$", kindPassword, setAny, 30}, {"bcrypt_sha256$", kindPassword, setAny, 40}, {"{SSHA256}", kindPassword, setBase64, 40}, {"{CRYPT}", kindPassword, setAny, 12},
	{"{bcrypt}", kindPassword, setAny, 40}, {"{SHA}", kindPassword, setBase64, 26},
	{"base64:", kindSecret, setBase64, 43}, // Laravel: 32 bytes
	// Webhooks whose address is the secret.
	{"open.feishu.cn/open-apis/bot/v2/hook/", kindWebhook, setAny, 20}, {"open.larksuite.com/open-apis/bot/v2/hook/", kindWebhook, setAny, 20},
	{"qyapi.weixin.qq.com/cgi-bin/webhook/send?key=", kindWebhook, setAny, 20}, {"events.pagerduty.com/integration/", kindWebhook, setAny, 20},
	{"infura.io/v3/", kindWebhook, setAny, 24}, {"infura.io/ws/v3/", kindWebhook, setAny, 24}, {"alchemy.com/v2/", kindWebhook, setAny, 20}, {"rpc.ankr.com/", kindWebhook, setAny, 40},
	{"hooks.chime.aws/incomingwebhooks/", kindWebhook, setAny, 30}, {"hooks.glip.com/webhook/", kindWebhook, setAny, 20}, {"hooks.ringcentral.com/webhook/", kindWebhook, setAny, 20},
	{"hook.eu2.make.com/", kindWebhook, setAny, 20}, {"hook.us2.make.com/", kindWebhook, setAny, 20}, {"hook.integromat.com/", kindWebhook, setAny, 20},
	{"hc-ping.com/", kindWebhook, setAny, 22}, {"cronitor.link/", kindWebhook, setAny, 20}, {"hooks.nabu.casa/", kindWebhook, setAny, 30}, {"webhook.site/", kindWebhook, setAny, 36},
	{"uptime.betterstack.com/api/v1/heartbeat/", kindWebhook, setAny, 16}, {"webexapis.com/v1/webhooks/incoming/", kindWebhook, setAny, 40}, {"api.flock.com/hooks/sendmessage/", kindWebhook, setAny, 30},
	{"cliq.zoho.com/", kindWebhook, setAny, 60}, {"quiknode.pro/", kindWebhook, setAny, 30}, {"hooks.airtable.com/workflows/", kindWebhook, setAny, 30},
	{"api.powerplatform.com/powerautomate/", kindWebhook, setAny, 60}, {"workers.botframework.com/", kindWebhook, setAny, 40},
}
