package peer

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/highwater-dev/highwater/harness"
)

// probes ask the program for its health from the beginning of the load to its end, as
// a load balancer would: each on a connection of its own, and with a time limit.
type probes struct {
	url    string
	every  time.Duration
	client http.Client
	phases *phases

	mu                    sync.Mutex
	total, failed         int64
	last, worst, slowness time.Duration // worst since stats were asked for; slowness: the time limit
}

func newProbes(told harness.Probes, program string, phases *phases) *probes {
	return &probes{
		url: "http://" + program + told.Path, every: time.Duration(told.Every), phases: phases,
		client: http.Client{
			Timeout: time.Duration(told.Within),
			// An answer that sends elsewhere is not one of 200 to 299.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport:     &http.Transport{DisableKeepAlives: true, DisableCompression: true},
		},
		slowness: time.Duration(told.Within),
	}
}

// serve probes until ctx is done. One that is late delays no other; as each has a time
// limit, no more than that many periods of them are under way.
func (p *probes) serve(ctx context.Context) {
	select {
	case <-p.phases.flow:
	case <-ctx.Done():
		return
	}
	var all sync.WaitGroup
	defer all.Wait()
	due := time.NewTicker(p.every)
	defer due.Stop()
	for {
		all.Go(func() { p.probe(ctx) })
		select {
		case <-ctx.Done():
			return
		case <-due.C:
		}
	}
}

func (p *probes) probe(ctx context.Context) {
	began := time.Now()
	healthy := p.ask(ctx)
	if ctx.Err() != nil {
		return
	}
	p.count(min(time.Since(began), p.slowness), healthy)
}

func (p *probes) ask(ctx context.Context) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url, nil)
	if err != nil {
		return false
	}
	answer, err := p.client.Do(request)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, io.LimitReader(answer.Body, maxChunk))
	return err == nil && answer.StatusCode >= 200 && answer.StatusCode < 300
}

func (p *probes) count(took time.Duration, healthy bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total++
	if !healthy {
		p.failed++
	}
	p.last = took
	p.worst = max(p.worst, took)
}

func (p *probes) stats(values map[harness.Metric]float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.total == 0 {
		return
	}
	values[harness.ProbesTotal] = float64(p.total)
	values[harness.ProbesFailed] = float64(p.failed)
	values[harness.ProbeLatency] = p.last.Seconds()
	values[harness.ProbeWorst] = max(p.worst, p.last).Seconds()
	p.worst = 0
}
