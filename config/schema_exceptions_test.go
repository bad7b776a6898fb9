package config_test

import "regexp"

// exception is what the loader refuses and a schema cannot see, with the reason.
type exception struct {
	problem *regexp.Regexp // as the loader says it
	reason  string
}

// exceptions are all there are. Each must be met, so that none outlives its reason.
var exceptions = []exception{
	{regexp.MustCompile(`the value of \$\{|variable NONE is not set`), "what a reference stands for is not in the file"},
	{regexp.MustCompile(`^\$\{ without \}`), "a text may hold anything, and half a reference with it"},
	{regexp.MustCompile(`want a (whole )?number, got "?-?[0-9.]+(e[0-9]+)?"?$`), "JSON has several ways to write a number, and some are too large"},
	{regexp.MustCompile(`want a size such as .*, got 1e3$`), "JSON has several ways to write a number"},
	{regexp.MustCompile(`want (at least 10?ms|at most (1|8760)h), got "?[0-9.]*[1-9]`), "a pattern cannot compare durations"},
	{regexp.MustCompile(`want at most 1GiB, got`), "a pattern cannot compare sizes"},
	{regexp.MustCompile(`want (a size below 8192PiB|a whole number of bytes), got`), "a pattern cannot multiply"},
	{regexp.MustCompile(`want a duration such as .*, got "9999999h"`), "a pattern cannot add"},

	{regexp.MustCompile(`^(when|set): `), "expressions have a grammar of their own"},
	{regexp.MustCompile(`is no glob; want|^drop: ! keeps`), "so have globs"},
	{regexp.MustCompile(`want HOST:PORT|want exact origins|the URL has|endpoint: (want|it cannot)|^dsn: |url: an address must`), "so have addresses"},
	{regexp.MustCompile(`^(measurement_id|firebase_app_id|property_id|account|project|location|retention|table|database|schema|dataset|role|warehouse|stream): want`), "so have the names of vendors"},
	{regexp.MustCompile(`^(api_key|write_key|token|bearer_token|private_key|credentials): (it |want the)|^hash_key: want at least`), "so have secrets"},
	{regexp.MustCompile(`^command: the name of the program is empty|^env: "" is no name|^headers: `), "a list or mapping has items of more than one kind"},
	{regexp.MustCompile(`^rename: |^set: want the name`), "two keys of a mapping are held against each other"},

	{regexp.MustCompile(`^retry: initial .* is more than max`), "a key depends on another"},
	{regexp.MustCompile(`give cert_file and key_file|or firebase_app_id|give one of them|needs a hash_key|need the hash_key`), "a key depends on another"},
	{regexp.MustCompile(`it is an option of driver|driver bigquery needs|is missing|missing: give|say (which|who|how)`), "a key depends on another"},
	{regexp.MustCompile(`^privacy`), "what a sink may get depends on what is sealed"},
	{regexp.MustCompile(`a disk queue needs|max_bytes: want at least 65536`), "what a queue needs depends on its type"},
	{regexp.MustCompile(`above the limit of`), "limits depend on the sink type and its options"},
	{regexp.MustCompile(`^sanitize: "off" is refused`), "it depends on the environment"},
	{regexp.MustCompile(`there is no such file`), "a schema does not look for files"},
	{regexp.MustCompile(`duckdb is not to be had|jetstream is not in this program`), "it depends on the build"},
	{regexp.MustCompile(`the sink type panicked`), "a sink type may do what it likes"},
}
