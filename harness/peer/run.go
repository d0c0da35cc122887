package peer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/highwater-dev/highwater/harness"
)

// peer is everything behind the control port.
type peer struct {
	config  Config
	phases  *phases
	source  *source // nil without one
	sink    *sink
	kind    kind
	relay   *relay
	probes  *probes // nil without any
	control net.Listener
}

// Run opens all that config names, prints [Addresses] as a line of JSON on stdout, and
// serves until ctx is done. When it returns, everything is closed and every goroutine
// of its own has ended. A context that is done is not an error.
func Run(ctx context.Context, config Config, stdout io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p, err := open(ctx, config)
	if err != nil {
		return err
	}
	defer p.closeListeners()
	line, err := json.Marshal(p.addresses())
	if err != nil {
		return fmt.Errorf("print addresses: %w", err)
	}
	if _, err := stdout.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("print addresses: %w", err)
	}
	return p.serve(ctx, cancel)
}

// open opens all listeners, or none.
func open(ctx context.Context, config Config) (_ *peer, err error) {
	p := &peer{config: config, sink: &sink{notes: &notes{}, conns: map[*sinkConn]struct{}{}}}
	p.phases = newPhases(ctx, config.seed(), p.sink.wake)
	p.sink.phases = p.phases
	p.sink.ledger = &ledger{streams: func() int64 { return 0 }}
	defer func() {
		if err != nil {
			p.closeListeners()
		}
	}()
	if config.Source != nil {
		if p.source, err = newSource(config, p.phases, p.sink.notes); err != nil {
			return nil, err
		}
		p.sink.rows = p.source.rows
		p.sink.ledger.rows, p.sink.ledger.streams = config.Source.Rows, p.source.accepted.Load
	}
	if p.kind, err = newKind(config, p.sink); err != nil {
		return nil, err
	}
	if p.relay, err = openRelay(config.RelayListen); err != nil {
		return nil, err
	}
	if config.Probes != nil {
		p.probes = newProbes(*config.Probes, config.Download, p.phases)
	}
	if p.control, err = listen(config.ControlListen, 0); err != nil {
		return nil, fmt.Errorf("open control port: %w", err)
	}
	return p, nil
}

func (p *peer) closeListeners() {
	if p.source != nil {
		_ = p.source.listener.Close()
	}
	if p.kind != nil {
		p.kind.close()
	}
	if p.relay != nil {
		p.relay.close()
	}
	if p.control != nil {
		_ = p.control.Close()
	}
}

func (p *peer) addresses() Addresses {
	a := Addresses{Control: p.control.Addr().String(), Sink: p.kind.address()}
	if p.source != nil {
		a.Source = p.source.address()
	}
	return a
}

// serve runs source, sink and control port; when one ends, all do.
func (p *peer) serve(ctx context.Context, cancel context.CancelFunc) error {
	server := &http.Server{
		Handler:           p.handler(ctx),
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx }, // ends what is relayed
	}
	var all sync.WaitGroup
	if p.source != nil {
		all.Go(func() { p.source.serve(ctx) })
	}
	all.Go(func() { p.kind.serve(ctx) })
	all.Go(func() { p.relay.serve(ctx) })
	if p.probes != nil {
		all.Go(func() { p.probes.serve(ctx) })
	}
	all.Go(func() {
		<-ctx.Done()
		p.sink.wake()
		_ = server.Close() // what is being asked then has no answer any more
	})
	err := server.Serve(p.control)
	cancel()
	all.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serve control port: %w", err)
}

// ready returns why the load cannot begin yet, or nil. A program with a source to read
// need not have a sink connection: many open it with the first row.
func (p *peer) ready(ctx context.Context) error {
	if !p.config.Sink.Kind.Comes() && p.source != nil {
		return p.source.ready()
	}
	return p.kind.ready(ctx)
}

func (p *peer) stats() map[harness.Metric]float64 {
	values := map[harness.Metric]float64{}
	// The sink first: nothing is delivered that was not taken before.
	p.sink.stats(values)
	if p.source != nil {
		p.source.stats(values)
	}
	if p.probes != nil {
		p.probes.stats(values)
	}
	return values
}
