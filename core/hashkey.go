package core

import (
	"bufio"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/headgate-dev/headgate/core/internal/ownfile"
)

// A HashKey is a key of pseudonyms that is kept in a file, see [ReadHashKeys].
type HashKey struct {
	// ID tells keys apart, and says nothing about the key.
	ID      string
	Created time.Time
	Key     Secret // 32 bytes or more
}

const (
	// maxHashKeys bounds what is read of a file of keys.
	maxHashKeys  = 64 << 10
	hashKeyBytes = 32
	hashKeyHead  = "# Keys of headgate's pseudonyms, the newest first. New pseudonyms are made with the first;\n" +
		"# the others find what was sealed with them. Whoever has them can tell who a pseudonym stands for.\n"
)

// ReadHashKeys reads a file of keys, the newest first: a line for each, with its id, the time
// it was made and its hexadecimal digits. The file must be its owner's alone.
func ReadHashKeys(path string) (keys []HashKey, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("read the hash keys in %s: %w", path, err)
		}
	}()
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no such file; make it with \"headgate hashkey new\": %w", fs.ErrNotExist)
	case err != nil:
		return nil, plainPathError(err)
	case !info.Mode().IsRegular():
		return nil, errors.New("it is not a regular file")
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		return nil, fmt.Errorf("others may read it (mode %04o); chmod 600 it", info.Mode().Perm())
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, plainPathError(err)
	}
	defer f.Close()
	return parseHashKeys(io.LimitReader(f, maxHashKeys))
}

func plainPathError(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// parseHashKeys never repeats what it reads.
func parseHashKeys(r io.Reader) (keys []HashKey, err error) {
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		parts := strings.Fields(line)
		if len(parts) != 3 {
			return nil, fmt.Errorf("line %d: want an id, a time and a key", n)
		}
		made, timeErr := time.Parse(time.RFC3339, parts[1])
		key, keyErr := hex.DecodeString(parts[2])
		switch {
		case timeErr != nil || keyErr != nil:
			return nil, fmt.Errorf("line %d: want an id, a time such as 2006-01-02T15:04:05Z and hexadecimal digits", n)
		case len(key) < minHashKey:
			return nil, fmt.Errorf("line %d: a key has to have %d bytes at least, and this has %d", n, minHashKey, len(key))
		case parts[0] != hashKeyID(key):
			return nil, fmt.Errorf("line %d: the id is not that of the key: one of them was changed", n)
		}
		keys = append(keys, HashKey{ID: parts[0], Created: made, Key: NewSecret(string(key))})
	}
	if err := lines.Err(); err != nil {
		return nil, errors.New("it cannot be read to its end")
	}
	if len(keys) == 0 {
		return nil, errors.New("it has no key")
	}
	return keys, nil
}

// hashKeyID tells a key from others.
func hashKeyID(key []byte) string {
	sum := sha256.Sum256(append([]byte("headgate/key id/v1\x00"), key...))
	return "k" + hex.EncodeToString(sum[:4])
}

// AddHashKey makes a random key the first of a file. Without rotate it makes the file, with it
// the file has to be there: nothing that was sealed before is then linked to what is sealed from
// now on, and can be found with the older keys.
func AddHashKey(path string, rotate bool) (HashKey, error) {
	var keys []HashKey
	if rotate {
		var err error
		if keys, err = ReadHashKeys(path); err != nil {
			return HashKey{}, err
		}
	} else if _, err := os.Lstat(path); err == nil {
		return HashKey{}, fmt.Errorf("make a hash key in %s: the file is there; rotate its keys, or take another name", path)
	}
	key := make([]byte, hashKeyBytes)
	_, _ = rand.Read(key) // never fails
	added := HashKey{ID: hashKeyID(key), Created: time.Now().UTC().Truncate(time.Second), Key: NewSecret(string(key))}
	text := hashKeyHead
	for _, k := range append([]HashKey{added}, keys...) {
		text += fmt.Sprintf("%s %s %s\n", k.ID, k.Created.Format(time.RFC3339), hex.EncodeToString([]byte(k.Key.Reveal())))
	}
	write := ownfile.Create
	if rotate {
		write = ownfile.Replace
	}
	if err := write(path, []byte(text)); err != nil {
		return HashKey{}, fmt.Errorf("write the hash keys in %s: %w", path, plainPathError(err))
	}
	return added, nil
}
