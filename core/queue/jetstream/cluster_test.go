package jetstream

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// longForm returns for how long servers and replicas are to be killed: a minute if HEADGATE_LONG is set, or
// as long as it says; zero if it is not set.
func longForm() time.Duration {
	text := os.Getenv("HEADGATE_LONG")
	if text == "" {
		return 0
	}
	if d, err := time.ParseDuration(text); err == nil {
		return d
	}
	return time.Minute
}

// oneCluster is held by the test that runs three servers: two times three would wait for each other.
var oneCluster sync.Mutex

const testAckWait = 3 * time.Second

// trial is a cluster under load.
type trial struct {
	t         *testing.T
	servers   *cluster
	admin     admin
	collector *collector
	replicas  []*replica // also those that were killed
	made      int
}

func startTrial(t *testing.T, servers int) *trial {
	oneCluster.Lock()
	t.Cleanup(oneCluster.Unlock)
	tr := &trial{t: t, servers: startCluster(t, servers), collector: startCollector(t)}
	tr.admin = newAdmin(t, tr.servers.url())
	tr.servers.await(tr.admin)
	return tr
}

func (tr *trial) start() *replica {
	tr.made++
	r := startReplica(tr.t, replicaSettings{
		Name: fmt.Sprint("replica-", tr.made), URL: tr.servers.url(), Replicas: len(tr.servers.settings), AckWait: testAckWait,
		Collector: tr.collector.server.URL, Producers: 4,
	})
	tr.replicas = append(tr.replicas, r)
	return r
}

// progress waits until replicas have had so many more events accepted.
func (tr *trial) progress(more int, replicas ...*replica) {
	tr.t.Helper()
	for _, r := range replicas {
		from := r.count()
		eventually(tr.t, r.name+" has events accepted", func() bool { return r.count() >= from+more })
	}
}

// leaders returns the names of the servers that lead the stream, and its consumer.
func (tr *trial) leaders() (stream, consumer string) {
	tr.t.Helper()
	eventually(tr.t, "the stream and its consumer have leaders", func() bool {
		ctx, cancel := contextFor(2 * time.Second)
		defer cancel()
		s, err := tr.admin.js.Stream(ctx, defaultStream)
		if err != nil || s.CachedInfo().Cluster == nil {
			return false
		}
		c, err := s.Consumer(ctx, "collector")
		if err != nil || c.CachedInfo().Cluster == nil {
			return false
		}
		stream, consumer = s.CachedInfo().Cluster.Leader, c.CachedInfo().Cluster.Leader
		return stream != "" && consumer != ""
	})
	return stream, consumer
}

// leader returns the server that leads the stream.
func (tr *trial) leader() int {
	tr.t.Helper()
	stream, _ := tr.leaders()
	return slices.IndexFunc(tr.servers.settings, func(s serverSettings) bool { return s.Name == stream })
}

// follower returns a server that leads neither the stream nor its consumer.
func (tr *trial) follower() int {
	tr.t.Helper()
	stream, consumer := tr.leaders()
	return slices.IndexFunc(tr.servers.settings, func(s serverSettings) bool { return s.Name != stream && s.Name != consumer })
}

// stepDown has another server lead the stream.
func (tr *trial) stepDown() {
	tr.t.Helper()
	before := tr.leader()
	eventually(tr.t, "another server leads the stream", func() bool {
		_, _ = tr.admin.js.Conn().Request("$JS.API.STREAM.LEADER.STEPDOWN."+defaultStream, nil, time.Second)
		return tr.leader() != before
	})
}

// undelivered returns how many of the events that were accepted the collector does not have.
func (tr *trial) undelivered() (n int) {
	tr.collector.mu.Lock()
	defer tr.collector.mu.Unlock()
	for _, r := range tr.replicas {
		r.mu.Lock()
		for _, id := range r.accepted {
			if tr.collector.delivered[id] == 0 {
				n++
			}
		}
		r.mu.Unlock()
	}
	return n
}

// end stops the load, and holds the collector to what was accepted.
func (tr *trial) end(alive ...*replica) {
	t := tr.t
	for _, r := range alive {
		r.tell("stop")
	}
	eventually(t, "everything accepted is delivered", func() bool { return tr.undelivered() == 0 })
	for _, r := range alive {
		r.tell("end")
		<-r.ended
		s, ok := r.stats.Sinks["collector"]
		if !ok {
			t.Errorf("%s did not say how it ended", r.name)
			continue
		}
		if in, out := r.stats.Books.Accepted+s.Recovered, s.Delivered+s.Filtered+s.SampledOut+s.DeadLettered+s.Expired+s.Overflowed+s.Queued; in != out {
			t.Errorf("the books of %s: %d came in, %d went out: %+v", r.name, in, out, s)
		}
		if s.DeadLettered+s.Expired+s.Overflowed > 0 {
			t.Errorf("%s gave events up: %+v", r.name, s)
		}
	}
	tr.report()
}

func (tr *trial) report() {
	accepted, delivered, again := 0, 0, 0
	for _, r := range tr.replicas {
		accepted += len(r.accepted)
		tr.t.Logf("%s: %d accepted, %.0f a second, the longest gap %v; %d delivered", r.name, len(r.accepted), r.rate(), r.gap.Round(time.Millisecond), tr.collector.by[r.name])
	}
	for _, n := range tr.collector.delivered {
		delivered += n
		again += n - 1
	}
	tr.t.Logf("%d accepted, 0 lost, %d delivered, %d of them more than once (%.3f %%)", accepted, delivered, again, 100*float64(again)/float64(max(delivered, 1)))
	if accepted == 0 {
		tr.t.Error("nothing was accepted")
	}
}

// The short form kills a server that leads nothing, and has the stream led by another: after the death of
// a leader, servers wait for up to nine seconds until they elect another one.
func TestThreeServersAndTwoReplicasLoseNothingWhenOneOfEachIsKilled(t *testing.T) {
	t.Parallel()
	tr := startTrial(t, 3)
	a, b := tr.start(), tr.start()
	tr.progress(1000, a, b)
	tr.stepDown()
	victim := tr.follower()
	tr.servers.kill(victim)
	tr.progress(1000, a, b)
	a.kill()
	tr.progress(1000, b)
	tr.end(b)
}

// TestKillingServersAndReplicasAgainAndAgainLosesNothing is the long form:
//
//	HEADGATE_LONG=1 go test -run Again -v ./core/queue/jetstream
func TestKillingServersAndReplicasAgainAndAgainLosesNothing(t *testing.T) {
	t.Parallel()
	long := longForm()
	if long == 0 {
		t.Skip("HEADGATE_LONG asks for it")
	}
	tr := startTrial(t, 3)
	alive := []*replica{tr.start(), tr.start()}
	tr.progress(1000, alive...)
	for kills, end := 0, time.Now().Add(long); time.Now().Before(end); kills++ {
		victim := rand.IntN(3)
		if kills%2 == 0 {
			victim = tr.leader()
		}
		t.Logf("kill server %d", victim)
		tr.servers.kill(victim)
		time.Sleep(3 * time.Second)
		tr.servers.start(victim)
		time.Sleep(4 * time.Second)
		if kills%2 == 1 {
			i := rand.IntN(2)
			t.Logf("kill %s", alive[i].name)
			alive[i].kill()
			alive[i] = tr.start()
		}
		time.Sleep(3 * time.Second)
		tr.progress(100, alive...)
	}
	tr.end(alive...)
}

// TestHowMuchReplicasTake measures, with HEADGATE_LONG: how many events a second are accepted and
// delivered by one replica, and by two, with one server and with three.
func TestHowMuchReplicasTake(t *testing.T) {
	t.Parallel()
	if longForm() == 0 {
		t.Skip("HEADGATE_LONG asks for it")
	}
	const during = 5 * time.Second
	for _, servers := range []int{1, 3} {
		t.Run(fmt.Sprint(servers), func(t *testing.T) {
			tr := startTrial(t, servers)
			var alive []*replica
			for range 2 {
				alive = append(alive, tr.start())
				tr.progress(1000, alive...)
				delivered := tr.delivered()
				time.Sleep(during)
				t.Logf("%d servers, %d replicas: %.0f events delivered a second", servers, len(alive), float64(tr.delivered()-delivered)/during.Seconds())
			}
			tr.end(alive...)
		})
	}
}

func (tr *trial) delivered() int {
	tr.collector.mu.Lock()
	defer tr.collector.mu.Unlock()
	return len(tr.collector.delivered)
}

// A rewriting whose server is killed may fail, and is done when it is asked for again.
func TestRewritingInAClusterLosesNothingWhenAServerIsKilled(t *testing.T) {
	t.Parallel()
	if longForm() == 0 {
		t.Skip("HEADGATE_LONG asks for it")
	}
	tr := startTrial(t, 3)
	r := started(t, Config{URL: core.NewSecret(tr.servers.url()), Replicas: 3, AckWait: patientWait}, "collector")
	for i := range 60 {
		r.keep(t, 12*i, 12*i+12)
	}
	r.finish(r.await(t, 5))
	done := make(chan error, 1)
	go func() { done <- r.log.Rewrite(isForgotten, forget) }()
	time.Sleep(50 * time.Millisecond) // some of it is done
	tr.servers.kill(tr.leader())
	t.Logf("with its leader killed, it returned %v", <-done)
	eventually(t, "it is done", func() bool {
		err := r.log.Rewrite(isForgotten, forget)
		if err != nil {
			t.Log(err)
		}
		return err == nil
	})
	if tr.admin.holds() {
		t.Error("the stream still has what was to be taken out of it")
	}
	r.readAll(t, 5, 720)
	for i := 5; i < 720; i++ {
		if n := r.seen[string(third(i))]; i%3 == 0 && n > 0 || i%3 != 0 && n == 0 {
			t.Errorf("record %d was read %d times", i, n)
		}
	}
	r.balance(t)
}
