package peer

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/highwater-dev/highwater/harness"
)

// reportError measures a counter of bytes from one change to another, some seconds
// later, and reports how far it is from the rate.
func reportError(b *testing.B, rate harness.Rate, count *atomic.Int64) {
	next := func() (time.Time, int64) {
		before := count.Load()
		for count.Load() == before {
			time.Sleep(100 * time.Microsecond)
		}
		return time.Now(), count.Load()
	}
	time.Sleep(500 * time.Millisecond) // the initial burst
	b.ResetTimer()
	begin, first := next()
	for b.Loop() {
		time.Sleep(3 * time.Second)
	}
	end, last := next()
	measured := float64(last-first) / end.Sub(begin).Seconds()
	b.ReportMetric((measured/float64(rate)-1)*100, "error-%")
}

// served is a peer without its control port.
func served(b *testing.B, config Config) *peer {
	ctx, cancel := context.WithCancel(context.Background())
	for _, address := range []*string{&config.ControlListen, &config.SourceListen, &config.SinkListen} {
		*address = "127.0.0.1:0"
	}
	p, err := open(ctx, config)
	if err != nil {
		b.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() { p.kind.serve(ctx) })
	if p.source != nil {
		all.Go(func() { p.source.serve(ctx) })
	}
	b.Cleanup(func() {
		cancel()
		all.Wait()
		p.closeListeners()
	})
	return p
}

// BenchmarkSinkRate measures how far a paced sink is from its rate, with a writer that
// always has more. The figure to look at is error-%; ns/op says nothing, and hungry-ms
// says whether the writer really always had more.
func BenchmarkSinkRate(b *testing.B) {
	for _, rate := range []harness.Rate{8 << 10, 64 << 10, 1 << 20, 5 << 20, 50 << 20, 100 << 20, 200 << 20} {
		b.Run(rate.String(), func(b *testing.B) {
			p := served(b, Config{Sink: harness.Sink{Kind: harness.SinkTCP}})
			go eager(dial(b, p.kind.address()))
			p.phases.set(harness.Phase{Behaviour: harness.Behaviour{Rate: rate}})
			reportError(b, rate, &p.sink.bytes)
			b.ReportMetric(p.sink.hungry.seconds()*1000, "hungry-ms")
		})
	}
}

// BenchmarkSourceRate is the same for the source, with a reader that always wants more.
func BenchmarkSourceRate(b *testing.B) {
	for _, rate := range []harness.Rate{64 << 10, 10 << 20, 40 << 20, 200 << 20} {
		b.Run(rate.String(), func(b *testing.B) {
			config := tcpConfig(1<<40, 1<<10)
			config.Source.Rate = rate
			p := served(b, config)
			conn := dial(b, p.source.address())
			go func() { _, _ = io.Copy(io.Discard, conn) }()
			p.phases.begin()
			p.phases.set(harness.Phase{})
			reportError(b, rate, &p.source.bytes)
		})
	}
}

func eager(conn net.Conn) {
	chunk := make([]byte, fullBuffer)
	for {
		if _, err := conn.Write(chunk); err != nil {
			return
		}
	}
}

// BenchmarkThrough sends rows through a plain copying program: source, two sockets,
// copy, sink. The program shares the machine, and io.Copy may splice.
func BenchmarkThrough(b *testing.B) {
	for _, streams := range []int{1, 3} {
		b.Run(map[int]string{1: "one stream", 3: "three streams"}[streams], func(b *testing.B) {
			const rows = 400_000
			config := tcpConfig(rows, 700)
			b.SetBytes(int64(streams) * rows * 700)
			for b.Loop() {
				r := start(b, config)
				for range streams {
					from, to := dial(b, r.Source), dial(b, r.Sink)
					go func() {
						_, _ = io.CopyBuffer(struct{ io.Writer }{to}, struct{ io.Reader }{from}, make([]byte, 64<<10))
						_ = to.Close()
					}()
				}
				r.begin(harness.Phase{})
				values := r.until(finished(float64(streams)))
				if values[harness.SinkRows] != float64(streams)*rows || values[harness.SinkHoles] != 0 {
					b.Fatal(values)
				}
			}
		})
	}
}

// BenchmarkStats asks a peer with a thousand stalled connections.
func BenchmarkStats(b *testing.B) {
	r := start(b, Config{Sink: harness.Sink{Kind: harness.SinkTCP}})
	for range 1000 {
		if _, err := dial(b, r.Sink).Write([]byte("stalled\n")); err != nil {
			b.Fatal(err)
		}
	}
	r.begin(harness.Phase{Behaviour: harness.Behaviour{StopReading: true}})
	r.until(func(v map[harness.Metric]float64) bool { return v[harness.SinkStalled] == 1000 })
	for b.Loop() {
		r.stats()
	}
}
