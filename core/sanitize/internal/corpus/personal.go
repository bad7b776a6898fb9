package corpus

import (
	"maps"
	"slices"
)

// personal are the rows of the first set that hold what names a person or a place.
func personal() []family {
	f := func(kind, place, keys string, each int, values ...string) family {
		return family{kind: kind, cat: "pii", place: place, keys: keys, values: values, each: each}
	}
	return []family{
		f("email", "key", "email e_mail mail emailAddress recipient replyTo to from sender contact owner account invited_by courriel correo "+dull, 4,
			"«!email»", "«!local»@bücher-«word».de", "«!first».o'«last»@«domain»", `"«!first» «last»"@«domain»`, "«name» <«!email»>", "mailto:«!email»?subject=hi", "«!email»;«!email»", "<«!email»>", "json:[\"«!email»\",\"«!email»\"]",
			"json:{\"addr\":\"«!email»\",\"ok\":true}"),
		f("email", "error_text", "error message log stderr "+dull, 4, "550 5.1.1 <«!email»>: user unknown", "no such user: «!email» (tenant «n:1-99»)", "Key (email)=(«!email») already exists.", "invited «!email», «!email» and «n:1-9» others",
			"user=«!email» action=login ok=false", `{"user":{"mail":"«!email»"}}`, "Author: «name» <«!email»>\nDate: «iso»", "GET /u?e=«%email» 404", "https://«host»/users/«!email»/edit", "contact «!email».", "git config user.email '«!email»'",
			"«!email»:«n:1-999»", "dn: mail=«!email»,ou=people,dc=x", "BEGIN:VCARD\nEMAIL;TYPE=work:«!email»\nEND:VCARD", "id,mail\n7,«!email»\n", "«clf» \"GET /\" «!email»", "/data/exports/«!email».csv", "user:«!email»", "email_«!email»"),
		f("email", "encoded", dull, 5, "{\\\"mail\\\":\\\"«!email»\\\"}"),
		f("phone", "key", "phone phoneNumber mobile cell_phone telephone contact_phone fax whatsapp sms_to msisdn tel telefon handynummer telefono numero_telephone home_phone", 1, repeat(50, "«!phone»", "«!natphone»")...),
		f("phone", "error_text", "message error log note "+dull, 1, repeat(14, "could not text «!phone»: unreachable", "call me back on «!phone» tomorrow", "Phone: «!natphone»", "tel:«!phone»", `{"phone":"«!natphone»"}`, "TEL;TYPE=cell:«!phone»", "to=«!phone» status=failed")...),
		f("phone", "key_numeric", "phone mobile msisdn phone_number", 6, "json:«!numphone»"),
		f("card", "key", "card cardNumber pan cc_number credit_card debit_card card_no primary_account_number", 12, "«!card»", "«!cardsp»"),
		f("card", "bare", dull, 12, "«!card»", "«!cardsp»", "card «!cardsp» was declined", "charge failed for «!card» (do not honor)", `{"number":"«!card»","exp":"11/29"}`, "pan=«!card»&exp=1129", "PAN:«!card»;EXP:2911", "%B«!card»^«last»/«first»^2911101?"),
		f("card_extra", "key", "cvv cvc card_cvv cvv2", 6, "«!d:3»"),
		f("iban", "key", "iban bank_account account_iban payout_iban", 14, "«!iban»", "«!ibansp»"),
		f("iban", "bare", dull, 14, "«!iban»", "«!ibansp»", "transfer to «!iban» bounced", "IBAN: «!ibansp», BIC: DEUTDEFF", `{"creditor":{"acct":"«!iban»"}}`),
		f("bank_account", "key", "account_number accountNumber bank_account_number routing_and_account", 6, "«!d:10»", "«!d:8»"),
		f("birth_date", "key", "birth_date dob dateOfBirth birthday date_of_birth geburtsdatum born_on fecha_nacimiento date_naissance birthdate", 6, "«!birth»", "«!birthdmy»"),
		f("birth_date", "error_text", "message error "+dull, 4, "dob=«!birth» does not match", `{"birthDate":"«!birth»"}`, "Date of birth: «!birthdmy»", "BDAY:«!birth»"),
		f("person_name", "key", "full_name fullName customer_name display_name real_name author_name contact_name name_of_holder account_holder cardholder_name patient_name employee_name nombre_completo vollstaendiger_name", 6, "«!name»"),
		f("person_name", "key", "first_name firstName given_name forename vorname prenom nombre", 6, "«!first»"),
		f("person_name", "key", "last_name lastName surname family_name nachname nom_de_famille apellido maiden_name cognome", 6, "«!last»"),
		f("username", "key", "username user_name login userName screen_name login_name logged_in_as benutzername", 6, "«!login»"),
		f("address", "key", "address street_address addressLine1 address_line_1 shipping_address billing_address home_address street adresse direccion anschrift strasse", 8, "«!street»", "«!street», «n:10000-99999» «word»stadt"),
		f("address", "key", "postal_code zip zipcode postcode plz zip_code code_postal", 5, "«!n:10000-99999»", "«!u:2»«n:1-9» «d:1»«u:2»"),
		f("address", "nested_object", "customer shipping contact_info", 8, `json:{"address":{"street":"«!street»","country":"DE"},"plan":"«=pro»"}`, `json:{"name":"«!name»","phone":"«!phone»"}`),
		f("geo", "key", "location coordinates latlng geo position gps", 8, "«!lat»,«lon»", "«!lat», «!lon»", "POINT(«!lon» «!lat»)", `geo:«!lat»,«!lon»`, "lat=«!lat»&lng=«!lon»"),
		f("geo", "key_numeric", "latitude lat geo_lat user_latitude", 8, "json:«!lat»"),
		f("geo", "key_numeric", "longitude lng lon geo_lng", 8, "json:«!lon»"),
		f("geo", "nested_object", "geo position place", 8, `json:{"lat":«!lat»,"lng":«!lon»}`, `json:{"type":"Point","coordinates":[«!lon»,«!lat»]}`, `{"coords":{"latitude":«!lat»,"longitude":«!lon»}}`),
		f("ip", "key", "ip ip_address client_ip remote_addr x_forwarded_for source_ip peer user_ip last_login_ip ipv4 "+dull, 6, "«!ip»", "«!ip»:«n:1024-65000»", "«!ip», 10.0.0.1"),
		f("ip", "error_text", "error message log "+dull, 4, "dial tcp «!ip»:5432: connect: connection refused", "Failed password for root from «!ip» port 22 ssh2", "«!ip» - - [«clf»] \"GET / HTTP/1.1\" 200 «n:1-999»", "client=«!ip» bytes=«n:1-999»", "https://«!ip»/health", "ECONNREFUSED «!ip»:443", "rate limited («!ip»)",
			"X-Forwarded-For: «!ip»", "peer [«!ip»] reset", "ssh: handshake failed: «!ip»:22 -> x"),
		f("ip6", "key", "ip ip_address ipv6 client_ip "+dull, 6, "«!ip6»", "[«!ip6»]:443"),
		f("ip6", "error_text", "error message log", 4, "dial tcp [«!ip6»]:443: i/o timeout", "from «!ip6» port 22"),
		f("mac", "key", "mac mac_address hw_addr bssid wifi_mac device_mac "+dull, 5, "«!mac»", "«!macdash»", "«!maccisco»"),
		f("mac", "error_text", "error log output", 4, "wlan0: HWaddr «!mac» up", "arp: «!macdash» not found", "link/ether «!mac» brd ff:ff:ff:ff:ff:ff"),
		f("imei", "key", "imei device_imei", 6, "«!imei»"),
		f("home_path", "bare", "path file cwd config_file workdir script "+dull, 4, "/home/«!login»/work/main.go", "/Users/«!login»/Library/x.log", `C:\Users\«!login»\AppData\Local\x`, `\\fs01\home\«!login»\a.txt`, "/mnt/c/Users/«!login»/repo", "file:///home/«!login»/a.html",
			"file:///C:/Users/«!login»/a.html", "/var/home/«!login»/x", "/export/home/«!login»/x", "/c/Users/«!login»/x", "vscode-remote://wsl+ubuntu/home/«!login»/p", "/run/user/1000/../../home/«!login»", "%2Fhome%2F«!login»%2Fx", "C:\\\\Users\\\\«!login»\\\\x",
			"/System/Volumes/Data/Users/«!login»/x", "smb://nas/homes/«!login»/x", `\\wsl$\Ubuntu\home\«!login»\x`, `D:\Documents and Settings\«!login»\x`, "~«!login»/bin", "/cygdrive/c/Users/«!login»/x", "/usr/home/«!login»/x", "/home/«!login»"),
		f("home_path", "stack", "stack traceback exception error stacktrace", 4,
			"goroutine 1 [running]:\nmain.run(0x1)\n\t/home/«!login»/src/app/main.go:«n:1-99» +0x1d", "  File \"/Users/«!login»/app/a.py\", line 3, in f\nKeyError: 'x'", "    at Object.<anonymous> (C:\\Users\\«!login»\\app\\index.js:«n:1-99»:5)",
			"thread 'main' panicked at /home/«!login»/p/src/lib.rs:«n:1-99»:9:\nboom", "app.rb:3:in `load': cannot load /home/«!login»/lib.rb (LoadError)", "#0 /home/«!login»/www/index.php(«n:1-99»): run()\n#1 {main}", "   at App.Main() in C:\\Users\\«!login»\\src\\Program.cs:line «n:1-99»",
			"at file:///Users/«!login»/app/x.mjs:3:9", "java.io.FileNotFoundException: /home/«!login»/a.properties (No such file)", "webpack:///home/«!login»/x.js", "npm ERR! path /Users/«!login»/app/package.json", "ENOENT: no such file or directory, open '/home/«!login»/.npmrc'",
			"WARNING: pip config in /home/«!login»/.config/pip/pip.conf", "error: open C:/Users/«!login»/go.mod: Access is denied.", "ld: library not found in /Users/«!login»/lib", "PATH=/usr/bin:/home/«!login»/.local/bin"),
		f("hostname", "key", "hostname host computer_name machine_name device_name", 5, "«!first»s-MacBook-Pro.local", "DESKTOP-«!last»", "«!first»-laptop", "«!last»s-iMac"),
		f("in_array", "array", "args recipients values items", 5, `json:["x","«!email»",«n:1-9»]`, `json:[{"v":"«!phone»"},{"v":"«!email»"}]`, `json:["«!card»"]`),
		f("in_key", "in_key", "member:«!email» inbox_«!email» «!email» ip:«!ip» card_«!card»", 3, "json:«n:1-9»"),
		f("obfuscated", "confusable_key", "ｅｍａｉｌ_ｐｈｏｎｅ ph\u200bone p\u200dhone рhone phоne", 3, "«!natphone»"),
		f("pairs", "pairs", "fields form", 5, `json:[{"name":"surname","value":"«!last»"}]`, `json:[{"key":"iban","value":"«!iban»"}]`, `json:[{"field":"dob","value":"«!birth»"}]`, `json:{"label":"phone","value":"«!natphone»"}`),
		f("records", "text", dull, 5, "id,name,email\n1,x,«!email»\n", "{name: \"«!name»\", age: «n:20-70»}", "User(id=1, email='«!email»', phone='«!phone»')", "{Name:x Email:«!email» Phone:«!phone»}", "full_name: «!name»\nplan: pro", "<customer><lastName>«!last»</lastName><n>1</n></customer>",
			"first_name=«!first»&last_name=«!last»", "INSERT INTO people (name, email) VALUES ('x', '«!email»')", "#<User id: 1, email: \"«!email»\", name: \"«!name»\">", "cn: «!name»\nmail: «!email»\nobjectClass: person", "ssn=«!ssn» plan=free", "SSN «!ssn» rejected", "\"lat\":«!lat»,\"lon\":«!lon»",
			"BEGIN:VCARD\nFN:«!name»\nTEL:«!phone»\nEND:VCARD"),
	}
}

func repeat(n int, values ...string) []string {
	var all []string
	for range n {
		all = append(all, values...)
	}
	return all
}

// nationalRows are numbers of persons, under a key and in a text that names them.
func nationalRows(g *generator) {
	for _, keys := range slices.Sorted(maps.Keys(nationalIDs)) {
		for i := range 8 {
			key := pickWord(g, keys)
			g.bound = map[string]string{"id": nationalIDs[keys](g), "k": key}
			f := family{kind: "national_id", cat: "pii", place: "key"}
			text := "«!id»"
			if i%2 == 1 {
				f.place, key = "error_text", pickWord(g, "error message detail")
				text = g.pick("«k» «!id» is not valid", "«k»=«!id» rejected", "{\"«k»\":\"«!id»\",\"n\":1}", "«k»: «!id»")
			}
			g.add(f, filled{text: key}, g.fill(text))
			g.bound = nil
		}
	}
}
