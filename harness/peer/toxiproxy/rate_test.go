// Package toxiproxy_test sets highwater's paced sink beside the bandwidth toxic of
// Shopify/toxiproxy, at the same rates in one run, in front of a writer that always has more.
package toxiproxy_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/highwater-dev/highwater/harness"
	"github.com/highwater-dev/highwater/harness/peer"
)

var rates = []harness.Rate{8 << 10, 64 << 10, 1 << 20, 5 << 20, 50 << 20, 100 << 20, 500 << 20}

// settle is left out: both begin with a burst of their own.
const (
	settle = 500 * time.Millisecond
	span   = 3 * time.Second
)

// BenchmarkRate reports how far from its rate each one is, in percent. ns/op says nothing.
func BenchmarkRate(b *testing.B) {
	for _, rate := range rates {
		b.Run("of=highwater/rate="+plain(rate), func(b *testing.B) {
			client, sink := startPeer(b)
			go eager(connect(b, sink))
			if err := client.Phase(b.Context(), harness.Phase{Name: "slow", Behaviour: harness.Behaviour{Rate: rate}}); err != nil {
				b.Fatal(err)
			}
			report(b, float64(rate), func() float64 {
				values, err := client.Stats(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				return values[harness.SinkBytes]
			})
		})
		b.Run("of=toxiproxy/rate="+plain(rate), func(b *testing.B) {
			received, proxy := startToxiproxy(b, rate)
			go eager(connect(b, proxy))
			// Its rates are whole thousands of bytes a second: it is held to what it was told.
			report(b, float64(kilobytes(rate)*1000), func() float64 { return float64(received.Load()) })
		})
	}
}

func plain(rate harness.Rate) string { return strings.ReplaceAll(rate.String(), "/", "p") }

func kilobytes(rate harness.Rate) int64 { return int64(float64(rate)/1000 + 0.5) }

// report measures a count over the span, from one change to another, so that what
// arrives in lumps is not misjudged.
func report(b *testing.B, rate float64, count func() float64) {
	next := func() (time.Time, float64) {
		for before := count(); ; {
			if now := count(); now != before {
				return time.Now(), now
			}
			time.Sleep(200 * time.Microsecond)
		}
	}
	time.Sleep(settle)
	begin, first := next()
	for b.Loop() {
		time.Sleep(span)
	}
	end, last := next()
	b.ReportMetric(((last-first)/end.Sub(begin).Seconds()/rate-1)*100, "error-%")
}

func startPeer(b *testing.B) (*peer.Client, string) {
	ctx, cancel := context.WithCancel(context.Background())
	output, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- peer.Run(ctx, peer.Config{
			ControlListen: "127.0.0.1:0", SinkListen: "127.0.0.1:0", Sink: harness.Sink{Kind: harness.SinkTCP},
		}, writer)
	}()
	b.Cleanup(func() { cancel(); <-ended })
	line, err := bufio.NewReader(output).ReadBytes('\n')
	var at peer.Addresses
	if err == nil {
		err = json.Unmarshal(line, &at)
	}
	if err != nil {
		b.Fatal(err)
	}
	client := &peer.Client{Base: "http://" + at.Control}
	if err := client.Start(ctx); err != nil {
		b.Fatal(err)
	}
	return client, at.Sink
}

// startToxiproxy puts a proxy with the bandwidth toxic in front of a reader that counts.
func startToxiproxy(b *testing.B, rate harness.Rate) (received *atomic.Int64, address string) {
	received = &atomic.Int64{}
	upstream, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = upstream.Close() })
	go func() {
		conn, err := upstream.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		buf := make([]byte, 256<<10)
		for {
			n, err := conn.Read(buf)
			received.Add(int64(n))
			if err != nil {
				return
			}
		}
	}()
	quiet := zerolog.Nop()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), quiet)
	proxy := toxiproxy.NewProxy(server, "slow", "127.0.0.1:0", upstream.Addr().String())
	if err := proxy.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(proxy.Stop)
	toxic := fmt.Sprintf(`{"type": "bandwidth", "stream": "upstream", "attributes": {"rate": %d}}`, kilobytes(rate))
	if _, err := proxy.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
		b.Fatal(err)
	}
	return received, proxy.Listen
}

func connect(b *testing.B, address string) net.Conn {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = conn.Close() })
	return conn
}

func eager(conn net.Conn) {
	chunk := make([]byte, 256<<10)
	for {
		if _, err := conn.Write(chunk); err != nil {
			return
		}
	}
}
