package registry

// FieldError is an error about one option.
type FieldError struct {
	// Key names the option; a dot leads into a nested struct: "consent.ad_user_data".
	// It is empty when the error is about the options as a whole.
	Key string
	// Message says what is wrong and what would be right. It must not carry the value of a secret.
	Message string
}

// Error returns the key and the message.
func (e *FieldError) Error() string {
	if e.Key == "" {
		return e.Message
	}
	return e.Key + ": " + e.Message
}

// Field returns an error about the option with the given key, to be returned from
// the Validate method of an option struct. A dot leads into a nested struct. The
// message must not carry the value of a secret.
func Field(key, message string) error { return &FieldError{Key: key, Message: message} }
