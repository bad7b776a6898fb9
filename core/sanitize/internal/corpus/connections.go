package corpus

// connections are the ways to say where a database, broker or service is, with the
// password in it.
func connections() []family {
	const keys = "dsn database_url url connection_string conn uri broker endpoint " + dull
	f := func(place string, each int, values ...string) family {
		return family{kind: "connection", cat: "credential", place: place, keys: keys, values: values, each: each}
	}
	const errors = "error err message exception stderr log"
	return []family{
		f("url", 3,
			"postgres://«login»:«!safepw»@«host»:5432/«word»?sslmode=require",
			"mysql+pymysql://«login»:«!safepw»@«host»:3306/«word»",
			"mongodb+srv://«login»:«!safepw»@«word».a1b2c.mongodb.net/«word»?retryWrites=true",
			"mongodb://«login»:«!safepw»@«host»:27017,«host»:27018/«word»?replicaSet=rs0",
			"redis://:«!safepw»@«host»:6379/0", "rediss://default:«!safepw»@«host»:6380",
			"amqps://«login»:«!safepw»@«host»/«word»", "amqp://«login»:«%pw»@«host»:5672/%2F",
			"nats://«word»:«!safepw»@«host»:4222", "nats://«!x:32»@«host»:4222",
			"clickhouse://«login»:«!safepw»@«host»:9000/«word»",
			"jdbc:postgresql://«host»:5432/«word»?user=«word»&password=«!safepw»",
			"jdbc:mysql://«host»/«word»?user=«word»&password=«!safepw»&useSSL=true",
			"jdbc:oracle:thin:«word»/«!safepw»@«host»:1521/ORCL", "jdbc:sqlserver://«host»:1433;databaseName=«word»;user=«word»;password=«!safepw»;encrypt=true",
			"jdbc:snowflake://«word».snowflakecomputing.com/?user=«word»&password=«!safepw»&warehouse=WH",
			"mssql+pyodbc://«word»:«!safepw»@«host»/«word»?driver=ODBC+Driver+18",
			"cockroachdb://«word»:«!safepw»@«host»:26257/«word»", "couchdb://«word»:«!safepw»@«host»:5984",
			"neo4j+s://neo4j:«!safepw»@«host»:7687", "bolt://neo4j:«!safepw»@«host»:7687",
			"elasticsearch://elastic:«!safepw»@«host»:9200", "influxdb://«word»:«!safepw»@«host»:8086/«word»",
			"kafka://«word»:«!safepw»@«host»:9092/«word»", "mqtts://«word»:«!safepw»@«host»:8883", "stomp://«word»:«!safepw»@«host»:61613",
			"smtp://«login»%40«domain»:«!safepw»@smtp.«domain»:587", "smtps://apikey:«!safepw»@smtp.«domain»:465", "imaps://«word»:«!safepw»@imap.«domain»",
			"ftp://«word»:«!safepw»@ftp.«domain»/in/«word».csv", "sftp://«word»:«!safepw»@«host»:22/drop", "ssh://«word»:«!safepw»@«host»",
			"ldaps://cn=admin,dc=x:«!safepw»@«host»:636", "socks5://«word»:«!safepw»@«host»:1080", "http://«word»:«!safepw»@proxy.«domain»:3128",
			"vault://:«!safepw»@«host»:8200", "trino://«word»:«!safepw»@«host»:8443/«word»", "redshift://«word»:«!safepw»@«word».abc123.eu-west-1.redshift.amazonaws.com:5439/dev",
			"rtsp://admin:«!safepw»@«host»:554/stream1", "svn+ssh://«word»:«!safepw»@«host»/repo", "scylla://«word»:«!safepw»@«host»:9042/«word»",
			"libsql://«word».turso.io?authToken=«!jwt»", "databricks://token:«!x:36»@«host»:443/default?http_path=/sql",
			"couchbases://«word»:«!safepw»@cb.«host».cloud.couchbase.com", "oracle+cx_oracle://«word»:«!safepw»@«host»:1521/?service_name=x",
			"cloudinary://«d:15»:«!w:27»@«word»", "teradatasql://«word»:«!safepw»@«host»", "presto://«word»:«!safepw»@«host»:8080/hive",
		),
		f("dsn", 4,
			"«word»:«!safepw»@tcp(«host»:3306)/«word»?parseTime=true", "«word»/«!safepw»@//«host»:1521/XEPDB1",
			"host=«host» port=5432 user=«word» password=«!safepw» dbname=«word» sslmode=disable", "host='«host»' user='«word»' password='«!pw»'",
			"Server=tcp:«host»,1433;Initial Catalog=«word»;User ID=«word»;Password=«!safepw»;Encrypt=True;",
			"Data Source=«host»;Initial Catalog=«word»;UID=«word»;PWD=«!safepw»", "Driver={ODBC Driver 18 for SQL Server};Server=«host»;Uid=«word»;Pwd={«!safepw»};",
			"Host=«host»;Username=«word»;Password=«!safepw»;Database=«word»", "User Id=«word»;Password=«!safepw»;Data Source=«host»:1521/x;",
			"AccountEndpoint=https://«word».documents.azure.com:443/;AccountKey=«!b:86»==;",
			"Endpoint=sb://«word».servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey=«!b:43»=;EntityPath=«word»",
			"DefaultEndpointsProtocol=https;AccountName=«word»;AccountKey=«!b:86»==;EndpointSuffix=core.windows.net",
			"HostName=«word».azure-devices.net;DeviceId=d1;SharedAccessKey=«!b:43»=", "InstrumentationKey=«uuid»;ApiKey=«!L:32»",
			"«host»:6380,password=«!b:43»=,ssl=True,abortConnect=False", "*:*:*:«word»:«!safepw»",
			`org.apache.kafka.common.security.plain.PlainLoginModule required username="«word»" password="«!safepw»";`,
			"machine «host» login «word» password «!safepw»", "//«host»:_authToken=«!safepw»", "tcps://«word»/«!safepw»@«host»:2484/x",
		),
		{kind: "connection", cat: "credential", place: "error_text", keys: errors, each: 3, values: []string{
			"dial tcp: cannot reach postgresql://«word»:«!safepw»@«host»/«word»: i/o timeout",
			"sqlalchemy.exc.OperationalError: (psycopg2.OperationalError) could not connect (Background on this error at: https://sqlalche.me/e/14/e3q8) url=postgresql://«word»:«!safepw»@«host»/x",
			"MongoServerError: bad auth : authentication failed for mongodb://«word»:«!safepw»@«host»:27017/?authSource=admin",
			"redis.exceptions.ConnectionError: Error 111 connecting to redis://:«!safepw»@«host»:6379/1.",
			"fatal: Authentication failed for 'https://«word»:«!safepw»@git.«domain»/«word»/«word».git/'",
			"pip install failed: Could not fetch URL https://«word»:«!safepw»@pypi.«domain»/simple/: 403",
			"Get \"https://«word»:«!safepw»@«host»/api\": context deadline exceeded",
			"Caused by: java.sql.SQLException: Access denied, url=jdbc:mariadb://«host»/«word»?user=«word»&password=«!safepw»\n\tat org.mariadb.jdbc.Driver.connect(Driver.java:78)",
			"thread 'main' panicked at 'called `Result::unwrap()` on an `Err` value: amqp://«word»:«!safepw»@«host»: refused', src/main.rs:41:10",
			"PG::ConnectionBad: could not translate host name (host=«host» user=«word» password=«!safepw»)",
			"PHP Fatal error: Uncaught PDOException in /srv/db.php:12\n#0 /srv/db.php(12): PDO->__construct('mysql:host=«host»', '«word»', '«!safepw»')",
			"System.Data.SqlClient.SqlException: Login failed. ConnectionString: Server=«host»;Database=«word»;User Id=sa;Password=«!safepw»",
		}},
	}
}

// addresses are URLs that are, or hold, a secret of their own.
func addresses() []family {
	const keys = "url href webhook link target location referrer " + dull
	f := func(kind, tier string, values ...string) family {
		return family{kind: kind, cat: "credential", place: "url", tier: tier, keys: keys, values: values, each: 4}
	}
	return []family{
		f("webhook_url", "",
			"https://hooks.slack.com/services/T«U:9»/B«U:10»/«!x:24»", "https://hooks.slack.com/workflows/T«U:9»/A«U:10»/«d:18»/«!x:24»",
			"https://discord.com/api/webhooks/«d:19»/«!w:68»", "https://discordapp.com/api/webhooks/«d:18»/«!w:68»",
			"https://«word».webhook.office.com/webhookb2/«uuid»@«uuid»/IncomingWebhook/«!h:32»/«uuid»",
			"https://outlook.office.com/webhook/«uuid»@«uuid»/IncomingWebhook/«!h:32»/«uuid»",
			"https://api.telegram.org/bot«n:1000000000-7000000000»:«!w:35»/sendMessage",
			"https://hooks.zapier.com/hooks/catch/«d:7»/«!L:7»/", "https://maker.ifttt.com/trigger/go/with/key/«!w:43»",
			"https://chat.googleapis.com/v1/spaces/«x:11»/messages?key=AIza«w:35»&token=«!w:43»",
			"https://oapi.dingtalk.com/robot/send?access_token=«!h:64»", "https://open.feishu.cn/open-apis/bot/v2/hook/«!uuid»",
			"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=«!uuid»", "https://events.pagerduty.com/integration/«!h:32»/enqueue",
			"https://hook.eu1.make.com/«!L:32»", "https://prod-12.westeurope.logic.azure.com:443/workflows/«h:32»/triggers/manual/paths/invoke?api-version=2016-10-01&sp=%2Ftriggers&sv=1.0&sig=«!w:43»",
			"https://mainnet.infura.io/v3/«!h:32»", "https://eth-mainnet.g.alchemy.com/v2/«!w:32»", "https://«h:32»:«!h:32»@o«d:6».ingest.sentry.io/«d:7»",
		),
		f("presigned_url", "",
			"https://«word».s3.eu-west-1.amazonaws.com/in/«word».csv?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=«!AKIA|ASIA»«2:16»%2F20260101%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=20260101T000000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature=«!h:64»",
			"https://storage.googleapis.com/«word»/f.bin?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Expires=900&X-Goog-Signature=«!h:256»",
			"https://storage.googleapis.com/«word»/f.bin?GoogleAccessId=x&Expires=«epoch»&Signature=«!x:80»",
			"https://«word».blob.core.windows.net/c/f.png?sv=2022-11-02&se=2026-01-01T00%3A00%3A00Z&sr=b&sp=r&sig=«!w:43»%3D",
			"https://cdn.«domain»/v/«word».mp4?Expires=«epoch»&Signature=«!w:120»&Key-Pair-Id=K«U:13»",
			"https://«word».oss-cn-hangzhou.aliyuncs.com/f?OSSAccessKeyId=LTAI5t«x:18»&Expires=«epoch»&Signature=«!x:27»%3D",
			"https://«word».r2.cloudflarestorage.com/b/f?X-Amz-Signature=«!h:64»&X-Amz-Expires=60",
		),
		f("link_with_secret", "",
			"https://«host»/users/password/edit?reset_password_token=«!w:20»", "https://«host»/magic?token=«!w:32»&next=%2Fhome",
			"https://«host»/verify?email=«%email»&code=«!d:6»", "https://«host»/oauth/callback?code=«!w:40»&state=«!w:22»",
			"https://«host»/cb#access_token=«!w:60»&token_type=Bearer&expires_in=3600", "https://«host»/cb#id_token=«!jwt»",
			"https://«host»/download?sig=«!h:40»&f=a.pdf", "https://«host»/feed.ics?private_token=«!x:24»", "https://«host»/login?u=«word»&pass=«!safepw»",
			"https://«host»/unsubscribe?hash=«!h:32»&id=«n:1-999»", "/api/v1/stream?jwt=«!jwt»", "wss://«host»/socket?auth=«!x:32»&v=2",
			"https://«host»/saml/acs?SAMLResponse=«!x:200»", "https://«host»/api?apikey=«!L:32»&q=weather", "https://maps.googleapis.com/maps/api/geocode/json?address=x&key=«!x:39»",
			"https://«host»/?PHPSESSID=«!L:26»", "https://«host»/app;jsessionid=«!H:32»?x=1", "myapp://auth?refresh_token=«!w:64»", "otpauth://totp/«word»:«word»?secret=«!2:32»&issuer=«word»",
		),
		f("secret_in_path", "policy",
			"https://«host»/reset/«!w:32»", "https://«host»/invite/«!x:22»", "https://«host»/api/key/«!h:32»/status",
		),
	}
}

// sessions are headers, cookies and assertions.
func sessions() []family {
	f := func(kind, keys string, values ...string) family {
		return family{kind: kind, cat: "credential", place: "header_dump", keys: keys, values: values, each: 4}
	}
	return []family{
		f("authorization", "authorization Authorization proxy-authorization auth_header headers.authorization",
			"Bearer «!w:40»", "Basic «!b64pair»", "Token «!h:40»", "ApiKey «!x:32»", "bearer «!jwt»", "Negotiate «!b:200»", "GenieKey «!uuid»", "Bot «!x:40»",
			"token token=«!x:24», email=«word»", "SharedAccessSignature sr=x&sig=«!w:43»%3D&se=«epoch»", "AWS «U:20»:«!b:27»=", "Splunk «!uuid»", "SSWS «!w:42»", "Key «!x:30»",
			`Digest username="«word»", realm="x", nonce="«h:32»", uri="/", response="«!h:32»"`,
			"AWS4-HMAC-SHA256 Credential=AKIA«2:16»/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=«!h:64»",
			`OAuth oauth_consumer_key="«x:20»", oauth_token="«!x:40»", oauth_signature="«!x:27»%3D"`),
		f("authorization", "request trace headers curl output",
			"> GET / HTTP/1.1\n> Host: «host»\n> Authorization: Basic «!b64pair»\n> User-Agent: curl/8.4.0",
			"* Server auth using Basic with user '«word»'\n> Proxy-Authorization: Basic «!b64pair»\n", "{'Authorization': 'Bearer «!w:48»', 'Accept': '*/*'}",
			"map[Authorization:[Bearer «!w:48»] Accept:[*/*]]", `-H "PRIVATE-TOKEN: «!w:20»" -H "Accept: */*"`, "curl -u «word»:«!safepw» https://«host»/",
			"curl --user «word»:«!safepw» -X PUT https://«host»/x", "wget --http-password=«!safepw» --http-user=«word» https://«host»/", "X-Vault-Token: «!x:26»\nAccept: */*",
			"x-api-key=«!x:36», accept=*/*", "X-Amz-Security-Token: «!b:200»\r\nHost: «host»", "api-key: «!h:32»\ncontent-type: application/json", "X-Auth-Token: «!h:32»",
			"mysql -h «host» -u root -p«!safepw» shop", "PGPASSWORD=«!safepw» psql -h «host» -U «word»", "sshpass -p «!safepw» ssh «word»@«host»",
			"redis-cli -h «host» -a «!safepw» ping", "mongo --username «word» --password «!safepw» «host»", "docker login -u «word» -p «!safepw» registry.«domain»",
			"az login --service-principal -u «uuid» -p «!safepw» --tenant «uuid»", "openssl enc -aes-256-cbc -pass pass:«!safepw» -in x", "smbclient //«host»/s -U «word»%«!safepw»",
			"kubectl create secret generic db --from-literal=password=«!safepw»", "echo «!safepw» | docker login -u «word» --password-stdin", "htpasswd -b .htpasswd «word» «!safepw»", "net use Z: \\\\«host»\\s /user:«word» «!safepw»"),
		f("cookie", "cookie Cookie set-cookie cookies request_cookies",
			"sid=«!w:32»; theme=light", "lang=en; PHPSESSID=«!L:26»", "JSESSIONID=«!H:32»; Path=/; Secure", "_app_session=«!b:80»--«h:40»; lang=de", "laravel_session=«!w:120»%3D; path=/",
			"ASP.NET_SessionId=«!L:24»; a=1", ".AspNetCore.Identity.Application=«!w:160»; path=/", "wordpress_logged_in_«h:32»=«word»|«epoch»|«!x:43»|«h:64»", "XSRF-TOKEN=«!w:40»; locale=fr",
			"remember_token=«!w:40»|«h:40»; Max-Age=99", "auth=«!jwt»; Domain=.«domain»", "__Secure-next-auth.session-token=«!uuid»; a=b", "connect.sid=s%3A«!w:32».«b:43»", "session=«!w:28».«w:6».«w:27»; tz=UTC",
			"sb-access-token=«!jwt»", "csrftoken=«!x:64»; sessionid=«!L:32»; dark=1", "_gh_sess=«!w:100»"),
		f("assertion", dull,
			"SAMLResponse=PHNhbWxwOlJlc3BvbnNl«!x:240»&RelayState=x", "client_assertion=«!jwt»&grant_type=x", "<saml:Assertion ID=\"_a\"><ds:SignatureValue>«!b:86»==</ds:SignatureValue></saml:Assertion>",
			"<wsse:Password Type=\"PasswordText\">«!safepw»</wsse:Password>", "grant_type=password&username=«word»&password=«%pw»", `{"access_token":"«!w:50»","token_type":"Bearer","expires_in":3600,"refresh_token":"«!w:50»"}`,
			"code_verifier=«!w:43»&code=«!w:30»", "{\"jsonrpc\":\"2.0\",\"method\":\"login\",\"params\":[\"«word»\",{\"password\":\"«!safepw»\"}]}", "mutation { login(email: \"«!email»\", password: \"«!safepw»\") { id } }"),
		f("jwt", dull, "«!jwt»", "session «!jwt» expired at «iso»", "{\"t\":\"«!jwt»\"}", "got eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0..«!w:22».«w:60».«w:22»"),
		f("private_key", dull, "«!pem»", "wrote key: «!pem»\nok", `{"type":"service_account","private_key":"«!pemesc»\n"}`, "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n«!b:64»\n«b:64»\n=«b:4»\n-----END PGP PRIVATE KEY BLOCK-----",
			"-----BEGIN RSA PRIVATE KEY-----\n«!b:64»\n«b:6»", "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nPrivate-Lines: 1\n«!b:48»\nPrivate-MAC: «!h:64»",
			"-----BEGIN PRIVATE KEY----- «!b:64» «b:64» -----END PRIVATE KEY-----", "[Interface]\nPrivateKey = «!b:43»=\nAddress = 10.0.0.2/32"),
		f("password_hash", "password_hash pw shadow digest "+dull, "$2b$12$«!b:53»", "$argon2id$v=19$m=65536,t=3,p=4$«b:22»$«!b:43»", "$6$rounds=5000$«x:12»$«!x:86»", "pbkdf2_sha256$600000$«x:22»$«!b:43»=", "{SSHA}«!b:38»==",
			"root:$6$«x:8»$«!x:86»:19000:0:99999:7:::"),
	}
}
