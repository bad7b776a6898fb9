package sanitize

// class says what a key makes of its value.
type class uint8

const (
	classNone      class = iota // nothing: the text decides
	classPlain                  // about a sensitive thing, not the thing
	classAllowed                // on the allow list
	classID                     // an opaque identifier or digest: looking random is its job
	classVersion                // a version or user agent: four numbers with dots are no address
	classRoute                  // a URL or route: /home/x is no directory
	classNumberish              // a number of something unknown
	classError                  // an error message or stack trace

	firstSensitive
	classSoftSecret // a secret if the value looks like one
	classSecret
	classCookie
	classPerson // a name if the value looks like one
	classGiven  // a name if there are only letters
	className
	classAddress
	classPostcode
	classHost
	classDevice // a host if the name tells whose
	classEmail
	classMAC
	classIP
	classDSN

	firstNumberClass // from here on numbers count too
	classPlace
	classGeo
	classPassword
	classPIN
	classPhone
	classCard
	classAccount
	classNationalID
	classPassport
	classLicense
	classIMEI
	classBirth
	classDenied
)

// sensitive reports whether values of the class may be findings as a whole.
func (c class) sensitive() bool { return c > firstSensitive }

// secret reports whether the class names credentials.
func (c class) secret() bool {
	return c == classSecret || c == classPassword || c == classPIN
}

// personal reports whether the class tells that what is next to it is a person's.
func (c class) personal() bool {
	switch c {
	case classEmail, classPhone, classBirth, className, classNationalID, classPassport:
		return true
	}
	return false
}

// kind is what findings of the class are called.
func (c class) kind() string {
	switch c {
	case classSoftSecret, classSecret:
		return kindSecret
	case classCookie:
		return kindCookie
	case classPerson, classGiven, className:
		return kindName
	case classAddress, classPostcode:
		return kindAddress
	case classHost, classDevice:
		return kindHost
	case classEmail:
		return kindEmail
	case classMAC:
		return kindMAC
	case classIP:
		return kindIP
	case classPlace, classGeo:
		return kindGeo
	case classPassword:
		return kindPassword
	case classPIN:
		return kindPIN
	case classPhone:
		return kindPhone
	case classCard:
		return kindCard
	case classAccount:
		return kindAccount
	case classNationalID:
		return kindID
	case classPassport:
		return kindPassport
	case classLicense:
		return kindLicense
	case classIMEI:
		return kindIMEI
	case classBirth:
		return kindBirthDate
	case classDenied:
		return kindDenied
	}
	return kindSecret
}
