package suite

import (
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/headgate-dev/headgate/bench/internal/meter"
	"github.com/headgate-dev/headgate/bench/internal/report"
)

// watch looks at the machine while a table is measured.
type watch struct {
	bench     *Bench
	start     time.Time
	load      float64
	busy, own time.Duration
}

func (b *Bench) watch() (*watch, error) {
	w := &watch{bench: b, start: time.Now(), own: meter.OfChildren()}
	var err error
	if w.load, err = loadAverage(); err != nil {
		return nil, err
	}
	w.busy, err = meter.Busy()
	return w, err
}

// environment says where the table was measured, and what else went on.
func (w *watch) environment() (e report.Environment, err error) {
	e = report.Environment{
		Date: w.start.UTC().Format("2006-01-02 15:04"), Commit: commit(w.bench.Root), Go: runtime.Version(), Cores: runtime.NumCPU(),
		System: system(), CPU: processor(), MemoryMB: memory(), Disk: fileSystem(w.bench.Scratch),
		LoadStart: w.load, Took: time.Since(w.start), Scale: w.bench.Scale,
	}
	if e.LoadEnd, err = loadAverage(); err != nil {
		return e, err
	}
	busy, err := meter.Busy()
	others := (busy - w.busy) - (meter.OfChildren() - w.own)
	e.Others = max(others.Seconds()/(e.Took.Seconds()*float64(e.Cores)), 0)
	return e, err
}

func loadAverage() (float64, error) {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(text), " ")
	return strconv.ParseFloat(first, 64)
}

// field returns the value of the first line that begins with a key in a file of /proc.
func field(file, key string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if name, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(name) == key {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func processor() string {
	if name := field("/proc/cpuinfo", "model name"); name != "" {
		return name
	}
	return runtime.GOARCH
}

func memory() int {
	kilobytes, err := strconv.Atoi(strings.TrimSuffix(field("/proc/meminfo", "MemTotal"), " kB"))
	if err != nil {
		return 0
	}
	return kilobytes >> 10
}

func system() string {
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return runtime.GOOS
	}
	return "Linux " + strings.TrimSpace(string(release))
}

// fileSystem names the file system of a directory by the number that statfs(2) lists.
func fileSystem(dir string) string {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return "an unknown file system"
	}
	if name, known := map[int64]string{0xef53: "ext4", 0x58465342: "xfs", 0x9123683e: "btrfs", 0x01021994: "tmpfs", 0x794c7630: "overlayfs"}[int64(s.Type)]; known {
		return name
	}
	return fmt.Sprintf("file system %#x", s.Type)
}

// commit returns that of the repository, and whether what is measured differs from it.
func commit(root string) string {
	git := func(args ...string) string {
		out, err := exec.Command("git", append([]string{"-C", root}, args...)...).Output()
		if err != nil {
			return ""
		}
		return strings.TrimSpace(string(out))
	}
	name := git("rev-parse", "--short", "HEAD")
	if name != "" && git("status", "--porcelain", "--", "../core", "../server", "../sinks/http") != "" {
		name += " with changes"
	}
	return name
}

// version returns the version of a module in a program, or of a package beside a script.
func version(program, module string) string {
	if v := packageVersion(program, module); v != "" {
		return v
	}
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return ""
	}
	for _, dep := range info.Deps {
		if dep.Path == module {
			return strings.TrimPrefix(dep.Version, "v")
		}
	}
	return ""
}
