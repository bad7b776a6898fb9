package corpus

import (
	"fmt"
	"strings"
)

// luhnDigit returns the digit that makes the number valid by Luhn's rule.
func luhnDigit(s string) string {
	sum := 0
	for i := range len(s) {
		d := int(s[len(s)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return fmt.Sprint((10 - sum%10) % 10)
}

// card makes a number with the prefix and length of a brand: ISO/IEC 7812.
func (g *generator) card() string {
	prefix := g.pick("4:16", "51:16", "2223:16", "34:15", "37:15", "6011:16", "3530:16", "36:14", "62:16", "6759:16", "5067:16", "2200:16")
	start, length, _ := strings.Cut(prefix, ":")
	n := 16
	fmt.Sscan(length, &n)
	s := start + g.of(digits, n-1-len(start))
	return s + luhnDigit(s)
}

func spaced(card, sep string) string {
	if len(card) == 15 {
		return card[:4] + sep + card[4:10] + sep + card[10:]
	}
	return grouped(card, 4, sep)
}

func grouped(s string, n int, sep string) string {
	var parts []string
	for len(s) > n {
		parts, s = append(parts, s[:n]), s[n:]
	}
	return strings.Join(append(parts, s), sep)
}

// ibans are the national formats of the IBAN registry.
var ibans = []string{
	"DE«d:18»", "FR«d:20»«U:1»«d:2»", "GB«u:4»«d:14»", "ES«d:20»", "IT«u:1»«d:22»", "NL«u:4»«d:10»", "BE«d:12»", "AT«d:16»", "CH«d:17»", "PL«d:24»",
	"SE«d:20»", "NO«d:11»", "DK«d:14»", "FI«d:14»", "PT«d:21»", "IE«u:4»«d:14»", "CZ«d:20»", "SK«d:20»", "HU«d:24»", "RO«u:4»«U:16»", "BG«u:4»«d:14»",
	"HR«d:17»", "SI«d:15»", "LT«d:16»", "LV«u:4»«d:13»", "EE«d:16»", "LU«d:3»«U:13»", "GR«d:23»", "CY«d:24»", "TR«d:22»", "SA«d:20»", "AE«d:19»", "IL«d:19»", "UA«d:25»",
}

// iban makes a number with valid check digits: ISO 13616.
func (g *generator) iban() string {
	s := g.fill(ibans[g.IntN(len(ibans))]).text
	country, rest := s[:2], s[2:]
	sum := 0
	for _, c := range rest + country + "00" {
		if c >= 'A' {
			sum = (sum*100 + int(c-'A'+10)) % 97
		} else {
			sum = (sum*10 + int(c-'0')) % 97
		}
	}
	return country + fmt.Sprintf("%02d", 98-sum) + rest
}

// weighted is the sum of the digits, each by its weight.
func weighted(s string, weights ...int) int {
	sum := 0
	for i, w := range weights {
		sum += int(s[i]-'0') * w
	}
	return sum
}

// nationalIDs make valid numbers by the issuers' published rules.
var nationalIDs = map[string]func(*generator) string{
	"ni_number national_insurance nino": func(g *generator) string { return g.fill("A«B|C|E|H|K»«d:6»«A|B|C|D»").text },
	"steuer_id steuer_identifikationsnummer idnr": func(g *generator) string {
		s := g.fill("«e:1»«d:9»").text
		p := 10
		for _, c := range s {
			m := (int(c-'0') + p) % 10
			if m == 0 {
				m = 10
			}
			p = m * 2 % 11
		}
		return s + fmt.Sprint((11-p)%10)
	},
	"nir insee securite_sociale": func(g *generator) string {
		s := g.fill("«1|2»«d:2»0«e:1»«n:10-95»«d:3»«d:3»").text
		var n int
		fmt.Sscan(s, &n)
		return s + fmt.Sprintf("%02d", 97-n%97)
	},
	"nie dni documento_identidad": func(g *generator) string {
		n := g.IntN(10000000)
		return fmt.Sprintf("X%07d%c", n, "TRWAGMYFPDXBNJZSQVHLCKE"[n%23])
	},
	"codice_fiscale cod_fiscale": func(g *generator) string {
		return g.fill("«u:6»«d:2»«A|B|C|D|H|M»«n:10-28»«u:1»«d:3»«u:1»").text
	},
	"cpf cadastro": func(g *generator) string {
		s := g.of(digits, 9)
		for range 2 {
			sum := 0
			for i, c := range s {
				sum += int(c-'0') * (len(s) + 1 - i)
			}
			s += fmt.Sprint(sum * 10 % 11 % 10)
		}
		return s[:3] + "." + s[3:6] + "." + s[6:9] + "-" + s[9:]
	},
	"aadhaar aadhaar_number uidai": func(g *generator) string { return g.fill("«n:2-9»«d:3» «d:4» «d:4»").text },
	"pan_number pan_card":          func(g *generator) string { return g.fill("«u:3»P«u:1»«d:4»«u:1»").text },
	"personnummer personal_number": func(g *generator) string {
		s := g.fill("«n:50-99»0«e:1»«n:10-28»«d:3»").text
		return s[:6] + "-" + s[6:] + luhnDigit(s)
	},
	"pesel": func(g *generator) string {
		s := g.fill("«n:50-99»0«e:1»«n:10-28»«d:4»").text
		return s + fmt.Sprint((10-weighted(s, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3)%10)%10)
	},
	"bsn burgerservicenummer": func(g *generator) string {
		for {
			s := g.fill("«e:1»«d:7»").text
			if r := weighted(s, 9, 8, 7, 6, 5, 4, 3, 2) % 11; r < 10 {
				return s + fmt.Sprint(r)
			}
		}
	},
	"id_card shenfenzheng resident_id": func(g *generator) string {
		s := g.fill("«110101|310104|440305»19«n:50-99»0«e:1»«n:10-28»«d:3»").text
		return s + string("10X98765432"[weighted(s, 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)%11])
	},
	"rrn resident_registration_number jumin": func(g *generator) string { return g.fill("«n:50-99»0«e:1»«n:10-28»-«n:1-2»«d:6»").text },
	"my_number mynumber":                     func(g *generator) string { return g.of(digits, 12) },
	"sin social_insurance_number":            func(g *generator) string { s := "1" + g.of(digits, 7); s += luhnDigit(s); return grouped(s, 3, " ") },
	"tfn tax_file_number":                    func(g *generator) string { return g.fill("«n:100-899» «d:3» «d:3»").text },
	"hetu henkilotunnus":                     func(g *generator) string { return g.fill("«n:10-28»0«e:1»«n:50-99»-«d:3»«A|B|C|H»").text },
	"fodselsnummer":                          func(g *generator) string { return g.fill("«n:10-28»0«e:1»«n:50-99»«d:5»").text },
	"cpr_number cpr":                         func(g *generator) string { return g.fill("«n:10-28»0«e:1»«n:50-99»-«d:4»").text },
	"ahv_nummer avs ahv":                     func(g *generator) string { return g.fill("756.«d:4».«d:4».«d:2»").text },
	"curp": func(g *generator) string {
		return g.fill("«u:4»«n:50-99»0«e:1»«n:10-28»«H|M»DF«u:3»0«d:1»").text
	},
	"rut":               func(g *generator) string { return g.fill("«n:10-24».«d:3».«d:3»-«d:1»").text },
	"rodne_cislo":       func(g *generator) string { return g.fill("«n:50-99»0«e:1»«n:10-28»/«d:4»").text },
	"nhs_number":        func(g *generator) string { return g.fill("«n:400-499» «d:3» «d:4»").text },
	"medicare_number":   func(g *generator) string { return g.fill("«n:2-6»«d:3» «d:5» «d:1»").text },
	"tckn tc_kimlik_no": func(g *generator) string { return g.fill("«e:1»«d:10»").text },
	"passport passport_no reisepass_nr passeport":      func(g *generator) string { return g.fill("«C|K|P|X»«U:8»").text },
	"driving_licence license_number driver_license_no": func(g *generator) string { return g.fill("«u:5»«d:6»«u:2»«d:1»«u:2»").text },
	"ssn social_security social_security_number":       func(g *generator) string { return g.field("ssn") },
}
