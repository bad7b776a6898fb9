package suite

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/headgate-dev/headgate/bench/internal/reference"
	"github.com/headgate-dev/headgate/bench/internal/scrub"
)

// referee is the program that has the corpora: it writes the rows to clean, and judges what became of them.
const referee = "scrub/referee"

// hostileSize is the length of a text that is to keep a scrubber busy, and hostileLimit how long it may.
const (
	hostileSize  = 64 << 10
	hostileLimit = 10 * time.Second
)

// hostile are what such texts repeat: what one would try first, and what is worse for some.
var hostile = map[string]map[string]string{
	"run":  {"equals": "=", "colons": ":", "ats": "@", "digits": "7", "base64": "QUJD"},
	"made": {"assignments": "password=", "addresses": "a@b.", "schemes": "://", "tokens": "eyJ", "blocks": "-----BEGIN "},
}

// score is what the referee says of a corpus.
type score map[string]struct{ Is, Of float64 }

// runScrubber measures a scrubber once.
func (b *Bench) runScrubber(ctx context.Context, label string, s scrubber) (map[string]float64, error) {
	dir, err := os.MkdirTemp(b.Scratch, "rows-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	every := max(int(float64(max(s.every, 1))/b.Scale), 1)
	var counts map[string]int
	if err := b.askReferee(ctx, &counts, "rows", dir, every); err != nil {
		return nil, err
	}
	setup := scrub.Setup{Variant: s.variant, Profile: b.profile(label)}
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		setup.Sets = append(setup.Sets, scrub.Set{Name: name, In: filepath.Join(dir, name+".in"), Out: filepath.Join(dir, name+".out")})
	}
	others, err := writeTexts(dir)
	if err != nil {
		return nil, err
	}
	for _, set := range others {
		if set.Limit == 0 || !s.keys {
			setup.Sets = append(setup.Sets, set)
		}
	}
	command := []string{b.program(s.program)}
	script, interpreted := scripts[s.program]
	if interpreted {
		command = script.command(b.program(s.program), filepath.Join(b.Root, s.program))
	}
	a, err := ask[scrub.Report](ctx, b, setup, command[0], append(command[1:], s.args...)...)
	if err != nil {
		return nil, err
	}
	figures := costs(a)
	if interpreted {
		for _, name := range []string{"value allocs", "event allocs", "clean allocs"} {
			delete(figures, name) // which they do not count
		}
	}
	scores, err := b.judge(ctx, dir, every, setup.Sets)
	if err != nil {
		return nil, err
	}
	for corpus, shares := range scores {
		for name, share := range shares {
			if share.Of > 0 {
				figures[corpus+" "+strings.ToLower(name)] = share.Is / share.Of
			}
		}
	}
	return figures, nil
}

// judge has the referee judge what came back, unless that came back before.
func (b *Bench) judge(ctx context.Context, dir string, every int, sets []scrub.Set) (map[string]score, error) {
	sum := sha256.New()
	for _, set := range sets {
		if set.Out == "" {
			continue
		}
		text, err := os.ReadFile(set.Out)
		if err != nil {
			return nil, err
		}
		fmt.Fprintln(sum, set.Name, every, len(text))
		sum.Write(text)
	}
	key := [sha256.Size]byte(sum.Sum(nil))
	if scores, known := b.judged[key]; known {
		return scores, nil
	}
	var scores map[string]score
	if err := b.askReferee(ctx, &scores, "judge", dir, every); err != nil {
		return nil, err
	}
	if b.judged == nil {
		b.judged = map[[sha256.Size]byte]map[string]score{}
	}
	b.judged[key] = scores
	return scores, nil
}

// askReferee asks from where the rest of the repository is, as that is how the corpora are found.
func (b *Bench) askReferee(ctx context.Context, answer any, command, dir string, every int) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := b.command(ctx, b.program(referee), command, dir, strconv.Itoa(every))
	cmd.Dir, cmd.Env = filepath.Dir(b.Root), os.Environ()
	var trouble bytes.Buffer
	cmd.Stderr = &trouble
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%w: %s", err, firstLine(trouble.Bytes()))
	}
	return json.Unmarshal(out, answer)
}

// writeTexts writes the sets that nobody judges: reference events, and texts that are hostile.
func writeTexts(dir string) ([]scrub.Set, error) {
	const events = 1000
	marks := reference.NewMarks(events)
	var clean []byte
	for i := range events {
		clean = append(reference.AppendEvent(clean, marks.At(i)), '\n')
	}
	texts := map[string][]byte{"clean": clean}
	for kind, units := range hostile {
		for name, unit := range units {
			text, err := json.Marshal(map[string]string{"text": strings.Repeat(unit, hostileSize/len(unit))})
			if err != nil {
				return nil, err
			}
			texts["hostile "+kind+" "+name] = append(text, '\n')
		}
	}
	var sets []scrub.Set
	for name, text := range texts {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, text, 0o600); err != nil {
			return nil, err
		}
		set := scrub.Set{Name: name, In: file}
		if name != "clean" {
			set.Limit = hostileLimit
		}
		sets = append(sets, set)
	}
	return sets, nil
}

// costs are the figures of what a scrubber took. Those of values and events are over both corpora.
func costs(a scrub.Report) map[string]float64 {
	figures := map[string]float64{"peak": float64(a.Peak)}
	totals := map[string]scrub.Cost{}
	for _, c := range a.Costs {
		if name, found := strings.CutPrefix(c.Set, "hostile "); found {
			rate := float64(c.Bytes) / max(c.CPU.Seconds(), 1e-9)
			least := func(figure string) {
				if slowest, known := figures[figure]; !known || rate < slowest {
					figures[figure] = rate
				}
			}
			least("hostile")
			if strings.HasPrefix(name, "run ") {
				least("hostile runs")
			}
			continue
		}
		kind := map[string]string{"values": "value", "events": "event", "clean": "clean"}[c.Set[strings.LastIndex(c.Set, "-")+1:]]
		t := totals[kind]
		t.Objects, t.CPU, t.Mallocs = t.Objects+c.Objects, t.CPU+c.CPU, t.Mallocs+c.Mallocs
		totals[kind] = t
	}
	for kind, t := range totals {
		figures[kind], figures[kind+" allocs"] = float64(t.CPU)/float64(t.Objects), t.Mallocs/float64(t.Objects)
	}
	return figures
}
