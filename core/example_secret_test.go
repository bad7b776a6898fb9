package core_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/headgate-dev/headgate/core"
)

// A secret of a configuration prints as nothing, whichever way it is printed.
func ExampleSecret() {
	key := core.NewSecret("do-not-print-me")
	fmt.Printf("%v %+v %x %q\n", key, key, key, key)
	fmt.Println(len(key.Reveal()))
	// Output:
	// [redacted] [redacted] [redacted] [redacted]
	// 15
}

// Text from elsewhere, such as the answer of a server, is searched for the secrets one has.
func ExampleCredentials() {
	known := core.NewCredentials(core.NewSecret("tok-4f1c0a9e"))
	fmt.Println(known.Redact("401: the token tok-4f1c0a9e has expired"))
	fmt.Println(len(known.Found("in base64 too: dG9rLTRmMWMwYTll")))
	// Output:
	// 401: the token [redacted:credential] has expired
	// 1
}

// Keys of pseudonyms are rotated: what is sealed from then on has others, and the older keys still find
// what was sealed before.
func ExampleHashKey() {
	dir, err := os.MkdirTemp("", "headgate-example-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "hash.keys")
	first, err := core.AddHashKey(path, false)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := core.AddHashKey(path, true); err != nil {
		log.Fatal(err)
	}
	keys, err := core.ReadHashKeys(path) // the newest first
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(keys), keys[1].ID == first.ID, keys[0].Key)
	// Output: 2 true [redacted]
}
