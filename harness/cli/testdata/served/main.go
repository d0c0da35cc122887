// Served stands for a program that runs somewhere already. It serves one long download
// in the way that its first argument says, and knows nothing of highwater:
//
//	streams   writes as its client reads
//	gathers   makes the whole answer first, for each client
//	grows     streams, and takes memory all the while, whoever comes
//	short     answers with a few bytes
//
// The second argument is where to listen. /debug/pprof is served, too.
package main

import (
	"net/http"
	_ "net/http/pprof"
	"os"
	"time"
)

const (
	answerBytes = 10 << 20
	chunkBytes  = 32 << 10
	growBytes   = 1 << 20
	growEvery   = 40 * time.Millisecond
)

func main() {
	how := os.Args[1]
	answer := map[string]http.HandlerFunc{"streams": stream, "gathers": gather, "grows": stream, "short": short}[how]
	if how == "grows" {
		go grow()
	}
	http.HandleFunc("/export", answer)
	http.Handle("/moved", http.RedirectHandler("/export", http.StatusFound))
	http.HandleFunc("/private", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	if err := http.ListenAndServe(os.Args[2], nil); err != nil {
		println(err.Error())
		os.Exit(1)
	}
}

// stream writes for as long as its client reads.
func stream(w http.ResponseWriter, _ *http.Request) {
	chunk := make([]byte, chunkBytes)
	for {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}

// gather has everything in memory before it writes the first byte.
func gather(w http.ResponseWriter, _ *http.Request) {
	var all []byte
	for len(all) < answerBytes {
		all = append(all, rows()...)
	}
	_, _ = w.Write(all)
}

func rows() []byte {
	chunk := make([]byte, chunkBytes)
	for i := range chunk {
		chunk[i] = byte('a' + i%26)
	}
	return chunk
}

func short(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("done\n")) }

var kept [][]byte

func grow() {
	for range time.Tick(growEvery) {
		block := make([]byte, growBytes)
		for i := range block {
			block[i] = 1
		}
		kept = append(kept, block)
	}
}
