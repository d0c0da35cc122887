// The hasher signs every row that passes through it.
package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"log"
	"net"
	"os"
)

func main() {
	feed, err := net.Dial("tcp", os.Getenv("HIGHWATER_SOURCE"))
	if err != nil {
		log.Fatal(err)
	}
	collector, err := net.Dial("tcp", os.Getenv("HIGHWATER_SINK"))
	if err != nil {
		log.Fatal(err)
	}
	out := bufio.NewWriterSize(collector, 64<<10)
	rows := bufio.NewScanner(feed)
	rows.Buffer(make([]byte, 64<<10), 1<<20)
	for rows.Scan() {
		sum := sign(rows.Bytes())
		// A row and its signature, in memory of their own: garbage for the collector.
		line := append(append([]byte{}, rows.Bytes()...), ' ')
		line = append(hex.AppendEncode(line, sum[:]), '\n')
		if _, err := out.Write(line); err != nil {
			log.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		log.Fatal(err)
	}
	if err := out.Flush(); err != nil {
		log.Fatal(err)
	}
	collector.Close()
}

// sign is two passes over the row, as a keyed hash makes.
func sign(row []byte) [32]byte {
	sum := sha256.Sum256(row)
	return sha256.Sum256(append(sum[:], row...))
}
