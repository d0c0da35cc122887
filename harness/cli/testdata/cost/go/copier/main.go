// The copier hands rows on, as fast as both ends let it.
package main

import (
	"io"
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
	// Not io.Copy on the connections themselves: that would be left to the kernel.
	if _, err := io.CopyBuffer(struct{ io.Writer }{collector}, struct{ io.Reader }{feed}, make([]byte, 64<<10)); err != nil {
		log.Fatal(err)
	}
	collector.Close()
}
