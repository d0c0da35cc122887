package peer

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"

	"github.com/highwater-dev/highwater/harness"
)

// programPath is where the program's debug port appears on the control port.
const programPath = "/program"

// maxPhase bounds the body of POST /phase, in bytes.
const maxPhase = 1 << 20

func (p *peer) handler(ctx context.Context) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ready", p.serveReady)
	mux.HandleFunc("POST /start", func(w http.ResponseWriter, _ *http.Request) {
		p.phases.begin()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("POST /phase", p.servePhase)
	mux.HandleFunc("GET /stats", p.serveStats)
	mux.HandleFunc("GET /line", p.relay.serveLine(ctx))
	mux.HandleFunc("GET /dial", p.relay.serveDial(ctx))
	mux.Handle(programPath+"/", http.StripPrefix(programPath, p.debugPort()))
	if p.config.Token == "" {
		return mux
	}
	// The program stands on the same network, and must not lead its own examination.
	return http.StripPrefix("/"+p.config.Token, mux)
}

func (p *peer) serveReady(w http.ResponseWriter, r *http.Request) {
	if err := p.ready(r.Context()); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
	}
}

func (p *peer) servePhase(w http.ResponseWriter, r *http.Request) {
	var told harness.Phase
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxPhase)).Decode(&told); err != nil {
		http.Error(w, fmt.Sprintf("read phase: %v", err), http.StatusBadRequest)
		return
	}
	p.phases.set(told)
	w.WriteHeader(http.StatusNoContent)
}

func (p *peer) serveStats(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(p.stats()) // the only error is a runner that left
}

// debugPort hands requests on to the program's debug port: the runner may stand where that
// port cannot be reached.
func (p *peer) debugPort() http.Handler {
	if p.config.Debug == "" {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "the program has no debug port", http.StatusNotFound)
		})
	}
	target := &url.URL{Scheme: "http", Host: p.config.Debug}
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = localName(p.config.Debug)
		},
		FlushInterval: -1, // at once: a trace or a profile may take its time
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			// A program that has died does not answer: who asked is told, and nobody else.
			http.Error(w, "ask program: "+err.Error(), http.StatusBadGateway)
		},
	}
}

// localName is a Host header that debug ports accept: Node's inspector refuses names
// other than localhost, as a guard against DNS rebinding.
func localName(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil || (net.ParseIP(host) == nil && host != "localhost") {
		return net.JoinHostPort("localhost", port)
	}
	return address
}
