// Package rsakey reads the private keys that one signs in to Snowflake with, in every form
// that its manual has one make with openssl, encrypted or not:
// https://docs.snowflake.com/en/user-guide/key-pair-auth
package rsakey

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/pbkdf2"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"hash"
	"strings"
)

// Errors about a passphrase. Like all errors of this package they tell nothing of the key.
var (
	// ErrNoPassphrase means that there is none for an encrypted key.
	ErrNoPassphrase = errors.New("the private key is encrypted: give private_key_passphrase")
	// ErrPassphrase means that it is not that of the key.
	ErrPassphrase = errors.New("the private key is encrypted, and private_key_passphrase does not open it")
	// ErrUnencrypted means that there is one for a key that needs none.
	ErrUnencrypted = errors.New("the private key is not encrypted, but private_key_passphrase is given")
)

// Errors about a key.
var (
	errNoKey      = errors.New("it is no private key: want PEM that begins with -----BEGIN PRIVATE KEY----- or -----BEGIN ENCRYPTED PRIVATE KEY-----")
	errNotRSA     = errors.New("the private key is not RSA, which Snowflake wants")
	errEncryption = errors.New("the private key is encrypted in a way that is not known here; make it with openssl pkcs8 -topk8 -v2 aes-256-cbc")
)

// Parse reads an RSA key: PEM or base64 of its DER, in PKCS#8, PKCS#8 encrypted by
// PBES2, or PKCS#1.
func Parse(text, passphrase string) (*rsa.PrivateKey, error) {
	der, encrypted, err := keyBytes(text)
	if err != nil {
		return nil, err
	}
	switch {
	case encrypted && passphrase == "":
		return nil, ErrNoPassphrase
	case encrypted:
		if der, err = decrypt(der, passphrase); err != nil {
			return nil, err
		}
	case passphrase != "":
		return nil, ErrUnencrypted
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		if old, err := x509.ParsePKCS1PrivateKey(der); err == nil {
			return old, nil
		}
		if encrypted {
			return nil, ErrPassphrase // what came out of the wrong key happened to end like a padding
		}
		return nil, errNoKey
	}
	if rsaKey, ok := key.(*rsa.PrivateKey); ok {
		return rsaKey, nil
	}
	return nil, errNotRSA
}

// keyBytes takes the armour off.
func keyBytes(text string) (der []byte, encrypted bool, err error) {
	if block, _ := pem.Decode([]byte(strings.TrimSpace(text))); block != nil {
		switch block.Type {
		case "PRIVATE KEY":
			return block.Bytes, false, nil
		case "ENCRYPTED PRIVATE KEY":
			return block.Bytes, true, nil
		case "RSA PRIVATE KEY":
			if block.Headers["DEK-Info"] != "" {
				return nil, false, errEncryption // the old way of openssl, which is broken
			}
			return block.Bytes, false, nil
		}
		return nil, false, errNoKey
	}
	if der, err = base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), "")); err != nil || len(der) == 0 {
		return nil, false, errNoKey
	}
	var info encryptedKey
	rest, err := asn1.Unmarshal(der, &info)
	return der, err == nil && len(rest) == 0, nil
}

// encryptedKey is EncryptedPrivateKeyInfo of RFC 5208, section 6.
type encryptedKey struct {
	Algorithm pkix.AlgorithmIdentifier
	Data      []byte
}

// pbes2 and pbkdf2Params are the parameters of RFC 8018, appendix A.
type (
	pbes2 struct {
		Derivation, Encryption pkix.AlgorithmIdentifier
	}
	pbkdf2Params struct {
		Salt       []byte
		Iterations int
		KeyLength  int                      `asn1:"optional"`
		PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
	}
)

var (
	oidPBES2  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
)

// prfs are the functions for PBKDF2. Without one, RFC 8018 has HMAC with SHA-1.
var prfs = map[string]func() hash.Hash{
	"":                    sha1.New,
	"1.2.840.113549.2.7":  sha1.New,
	"1.2.840.113549.2.9":  sha256.New,
	"1.2.840.113549.2.10": sha512.New384,
	"1.2.840.113549.2.11": sha512.New,
	"1.2.840.113549.2.8":  sha256.New224,
}

// blockCiphers are the ciphers, all in CBC mode, with the length of their key.
var blockCiphers = map[string]struct {
	size int
	new  func([]byte) (cipher.Block, error)
}{
	"1.2.840.113549.3.7":      {24, des.NewTripleDESCipher},
	"2.16.840.1.101.3.4.1.2":  {16, aes.NewCipher},
	"2.16.840.1.101.3.4.1.22": {24, aes.NewCipher},
	"2.16.840.1.101.3.4.1.42": {32, aes.NewCipher},
}

// maxIterations bounds the work that a key can ask for, to about a second. openssl asks for
// 2048, and the advice of the day is below a million and a half:
// https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
const maxIterations = 2_000_000

// decrypt opens a key in PKCS#8 that is encrypted by PBES2.
func decrypt(der []byte, passphrase string) ([]byte, error) {
	var info encryptedKey
	if rest, err := asn1.Unmarshal(der, &info); err != nil || len(rest) > 0 {
		return nil, errNoKey
	}
	if !info.Algorithm.Algorithm.Equal(oidPBES2) {
		return nil, errEncryption
	}
	mode, err := info.cipher(passphrase)
	if err != nil {
		return nil, err
	}
	if len(info.Data) == 0 || len(info.Data)%mode.BlockSize() != 0 {
		return nil, errNoKey
	}
	plain := make([]byte, len(info.Data))
	mode.CryptBlocks(plain, info.Data)
	return unpad(plain, mode.BlockSize())
}

// cipher returns what decrypts the data, by the parameters that are before it.
func (k encryptedKey) cipher(passphrase string) (cipher.BlockMode, error) {
	var scheme pbes2
	var params pbkdf2Params
	var iv []byte
	if _, err := asn1.Unmarshal(k.Algorithm.Parameters.FullBytes, &scheme); err != nil {
		return nil, errNoKey
	}
	if !scheme.Derivation.Algorithm.Equal(oidPBKDF2) {
		return nil, errEncryption
	}
	if _, err := asn1.Unmarshal(scheme.Derivation.Parameters.FullBytes, &params); err != nil {
		return nil, errNoKey
	}
	if _, err := asn1.Unmarshal(scheme.Encryption.Parameters.FullBytes, &iv); err != nil {
		return nil, errEncryption
	}
	prf, known := prfs[params.PRF.Algorithm.String()]
	block, also := blockCiphers[scheme.Encryption.Algorithm.String()]
	if !known || !also || params.Iterations < 1 || params.Iterations > maxIterations {
		return nil, errEncryption
	}
	key, err := pbkdf2.Key(prf, passphrase, params.Salt, params.Iterations, block.size)
	if err != nil {
		return nil, errEncryption
	}
	c, err := block.new(key)
	if err != nil {
		return nil, errEncryption
	}
	if len(iv) != c.BlockSize() {
		return nil, errNoKey
	}
	return cipher.NewCBCDecrypter(c, iv), nil
}

// unpad takes the padding of RFC 8018, section 6.1.1, off.
func unpad(plain []byte, size int) ([]byte, error) {
	n := int(plain[len(plain)-1])
	if n < 1 || n > size {
		return nil, ErrPassphrase
	}
	for _, b := range plain[len(plain)-n:] {
		if int(b) != n {
			return nil, ErrPassphrase
		}
	}
	return plain[:len(plain)-n], nil
}
