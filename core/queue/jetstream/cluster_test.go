package jetstream

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// long has the test of three servers kill them for that long; without it each thing is killed once.
var long = flag.Duration("long", 0, "for how long to kill servers and replicas of a cluster")

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

func startTrial(t *testing.T) *trial {
	tr := &trial{t: t, servers: startCluster(t, 3), collector: startCollector(t)}
	tr.admin = newAdmin(t, tr.servers.url())
	tr.servers.await(tr.admin)
	return tr
}

func (tr *trial) start() *replica {
	tr.made++
	r := startReplica(tr.t, replicaSettings{
		Name: fmt.Sprint("replica-", tr.made), URL: tr.servers.url(), Replicas: 3, AckWait: testAckWait,
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

// leader returns the server that leads the stream.
func (tr *trial) leader() int {
	tr.t.Helper()
	leader := -1
	eventually(tr.t, "the stream has a leader", func() bool {
		ctx, cancel := contextFor(2 * time.Second)
		defer cancel()
		stream, err := tr.admin.js.Stream(ctx, defaultStream)
		if err != nil || stream.CachedInfo().Cluster == nil {
			return false
		}
		for i, s := range tr.servers.settings {
			if s.Name == stream.CachedInfo().Cluster.Leader {
				leader = i
			}
		}
		return leader >= 0
	})
	return leader
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

func TestThreeServersAndTwoReplicasLoseNothingWhenEitherIsKilled(t *testing.T) {
	t.Parallel()
	if *long > 0 {
		t.Skip("the long form is asked for")
	}
	tr := startTrial(t)
	a, b := tr.start(), tr.start()
	tr.progress(3000, a, b)
	leader := tr.leader()
	tr.servers.kill(leader)
	tr.progress(3000, a, b)
	a.kill()
	tr.progress(3000, b)
	tr.servers.start(leader)
	tr.end(b)
}

// TestKillingServersAndReplicasAgainAndAgainLosesNothing is the long form:
//
//	go test -run Again -long 60s -v ./core/queue/jetstream
func TestKillingServersAndReplicasAgainAndAgainLosesNothing(t *testing.T) {
	t.Parallel()
	if *long == 0 {
		t.Skip("-long says for how long")
	}
	tr := startTrial(t)
	alive := []*replica{tr.start(), tr.start()}
	tr.progress(1000, alive...)
	for kills, end := 0, time.Now().Add(*long); time.Now().Before(end); kills++ {
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
